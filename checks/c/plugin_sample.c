/* A plugin in C with a layer of two inputs, y = a * b, right and wrong, and with layers that go
 * astray in every way that must not take the others down. */
#include <stdio.h>
#include <stdlib.h>

#include <gradcheck/c_api.h>

enum behaviour { RIGHT, FORGETS_B, ABORTS, NEVER_ENDS, EXITS, RETURNS_ERROR, REFUSES };

typedef struct product {
  enum behaviour behaviour;
  size_t count; /* of entries */
  const double *a, *b;
  gradcheck_input inputs[2];
  gradcheck_output output;
  gradcheck_layer layer;
} product;

static int forward(void* context, const void* const* inputs, void* const* outputs) {
  product* mine = context;
  double* y = outputs[0];
  mine->a = inputs[0];
  mine->b = inputs[1];
  for (size_t k = 0; k < mine->count; ++k) {
    y[k] = mine->a[k] * mine->b[k];
  }
  return 0;
}

static void go_astray(enum behaviour behaviour) {
  if (behaviour == ABORTS) {
    abort();
  }
  for (volatile int forever = behaviour == NEVER_ENDS; forever;) {
  }
  if (behaviour == EXITS) {
    exit(0);
  }
}

static int backward(void* context, const void* const* output_gradients,
                    void* const* input_gradients) {
  product* mine = context;
  const double* dy = output_gradients[0];
  double *da = input_gradients[0], *db = input_gradients[1];
  go_astray(mine->behaviour);
  for (size_t k = 0; k < mine->count; ++k) {
    da[k] = dy[k] * mine->b[k];
    db[k] = mine->behaviour == FORGETS_B ? dy[k] : dy[k] * mine->a[k];
  }
  return mine->behaviour == RETURNS_ERROR ? 12 : 0;
}

static const char* error_text(void* context, int code) {
  (void)context;
  return code == 12 ? "out of device memory" : NULL;
}

static const gradcheck_layer* make(void* context, size_t inputs, const size_t* const* shapes,
                                   const size_t* ranks) {
  product* mine = inputs == 2 ? calloc(1, sizeof *mine) : NULL;
  if (mine == NULL || *(const enum behaviour*)context == REFUSES) {
    free(mine);
    return NULL;
  }
  printf("made\n"); /* must not end up in a report */
  mine->behaviour = *(const enum behaviour*)context;
  mine->count = 1;
  for (size_t k = 0; k < ranks[0]; ++k) {
    mine->count *= shapes[0][k];
  }
  const char* const names[] = {"a", "b"};
  for (size_t k = 0; k < 2; ++k) {
    mine->inputs[k] = (gradcheck_input){.struct_size = sizeof(gradcheck_input),
                                        .name = names[k],
                                        .shape = shapes[k],
                                        .rank = ranks[k]};
  }
  mine->output = (gradcheck_output){
      .struct_size = sizeof(gradcheck_output), .shape = shapes[0], .rank = ranks[0]};
  mine->layer = (gradcheck_layer){.struct_size = sizeof(gradcheck_layer),
                                  .name = "product",
                                  .inputs = mine->inputs,
                                  .input_count = 2,
                                  .outputs = &mine->output,
                                  .output_count = 1,
                                  .forward = forward,
                                  .backward = backward,
                                  .error_text = error_text,
                                  .context = mine};
  return &mine->layer;
}

static void release(void* context, const gradcheck_layer* layer) {
  (void)context;
  free(layer->context);
}

const gradcheck_plugin* gradcheck_get_plugin(void) {
  static enum behaviour all[] = {RIGHT, FORGETS_B,     ABORTS, NEVER_ENDS,
                                 EXITS, RETURNS_ERROR, REFUSES};
  static const char* const names[] = {"product", "forgets_b",     "aborts", "never_ends",
                                      "exits",   "returns_error", "refuses"};
  static const char* const two_shapes[] = {"(5, 3), (5, 3)", "(4,), (4,)"};
  static const char* const bad_shapes[] = {"(2,), (2,)", "(2), 3"};
  static gradcheck_plugin_layer layers[7];
  for (size_t k = 0; k < 7; ++k) {
    layers[k] =
        (gradcheck_plugin_layer){.struct_size = sizeof layers[k],
                                 .name = names[k],
                                 .shapes = all[k] == REFUSES ? bad_shapes : two_shapes,
                                 .shape_count = all[k] == RIGHT || all[k] == REFUSES ? 2 : 1,
                                 .make = make,
                                 .release = release,
                                 .context = &all[k]};
  }
  static gradcheck_plugin plugin = {.struct_size = sizeof plugin,
                                    .layers = layers,
                                    .layer_count = 7,
                                    .api_version = GRADCHECK_API_VERSION};
  return &plugin;
}
