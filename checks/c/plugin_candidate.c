/* A plugin whose layers stand beside their reference: y = x^2 / (1 + x^2), in float, right and with
 * a gradient that is 1 % off. */
#include <stdlib.h>

#include <gradcheck/c_api.h>

typedef struct layer {
  int32_t dtype;
  double factor; /* of the gradient */
  size_t count;
  const void* x;
  gradcheck_input input;
  gradcheck_output output;
  gradcheck_layer layer;
} layer;

static int forward_float(void* context, const void* const* inputs, void* const* outputs) {
  layer* mine = context;
  const float* x = mine->x = inputs[0];
  float* y = outputs[0];
  for (size_t k = 0; k < mine->count; ++k) {
    const float square = x[k] * x[k];
    y[k] = square / (1 + square);
  }
  return 0;
}

static int backward_float(void* context, const void* const* dy, void* const* dx) {
  const layer* mine = context;
  const float *x = mine->x, *upstream = dy[0];
  for (size_t k = 0; k < mine->count; ++k) {
    const float below = 1 + x[k] * x[k];
    ((float*)dx[0])[k] = (float)mine->factor * upstream[k] * 2 * x[k] / (below * below);
  }
  return 0;
}

static int forward_double(void* context, const void* const* inputs, void* const* outputs) {
  layer* mine = context;
  const double* x = mine->x = inputs[0];
  double* y = outputs[0];
  for (size_t k = 0; k < mine->count; ++k) {
    y[k] = x[k] * x[k] / (1 + x[k] * x[k]);
  }
  return 0;
}

static int backward_double(void* context, const void* const* dy, void* const* dx) {
  const layer* mine = context;
  const double *x = mine->x, *upstream = dy[0];
  for (size_t k = 0; k < mine->count; ++k) {
    const double below = 1 + x[k] * x[k];
    ((double*)dx[0])[k] = upstream[k] * 2 * x[k] / (below * below);
  }
  return 0;
}

static const gradcheck_layer* made(int32_t dtype, double factor, const size_t* shape, size_t rank) {
  layer* mine = calloc(1, sizeof *mine);
  if (mine == NULL) {
    return NULL;
  }
  mine->dtype = dtype;
  mine->factor = factor;
  mine->count = 1;
  for (size_t k = 0; k < rank; ++k) {
    mine->count *= shape[k];
  }
  mine->input = (gradcheck_input){
      .struct_size = sizeof mine->input, .name = "x", .shape = shape, .rank = rank};
  mine->output =
      (gradcheck_output){.struct_size = sizeof mine->output, .shape = shape, .rank = rank};
  mine->layer =
      (gradcheck_layer){.struct_size = sizeof mine->layer,
                        .name = "bell",
                        .inputs = &mine->input,
                        .input_count = 1,
                        .outputs = &mine->output,
                        .output_count = 1,
                        .forward = dtype == GRADCHECK_FLOAT32 ? forward_float : forward_double,
                        .backward = dtype == GRADCHECK_FLOAT32 ? backward_float : backward_double,
                        .context = mine,
                        .dtype = dtype};
  return &mine->layer;
}

static const gradcheck_layer* make(void* context, size_t inputs, const size_t* const* shapes,
                                   const size_t* ranks) {
  (void)inputs;
  return made(GRADCHECK_FLOAT32, *(const double*)context, shapes[0], ranks[0]);
}

static const gradcheck_layer* make_reference(void* context, size_t inputs,
                                             const size_t* const* shapes, const size_t* ranks) {
  (void)context;
  (void)inputs;
  return made(GRADCHECK_FLOAT64, 1, shapes[0], ranks[0]);
}

static void release(void* context, const gradcheck_layer* layer) {
  (void)context;
  free(layer->context);
}

const gradcheck_plugin* gradcheck_get_plugin(void) {
  static double factors[] = {1, 1.01};
  static const char* const names[] = {"bell", "bell_off"};
  static const char* const shapes[] = {"(4, 3)"};
  static gradcheck_plugin_layer layers[2];
  for (size_t k = 0; k < 2; ++k) {
    layers[k] = (gradcheck_plugin_layer){.struct_size = sizeof layers[k],
                                         .name = names[k],
                                         .shapes = shapes,
                                         .shape_count = 1,
                                         .make = make,
                                         .release = release,
                                         .context = &factors[k],
                                         .make_reference = make_reference};
  }
  static gradcheck_plugin plugin = {.struct_size = sizeof plugin,
                                    .layers = layers,
                                    .layer_count = 2,
                                    .api_version = GRADCHECK_API_VERSION};
  return &plugin;
}
