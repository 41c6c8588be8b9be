/* A layer in C, checked through gradcheck/c_api.h: y = x W + b over 5 rows, whose bias gradient may
 * be averaged over the rows instead of summed. Exit status 0 if gradcheck tells the two apart. */
#include <stdio.h>
#include <string.h>

#include <gradcheck/c_api.h>

enum { ROWS = 5, IN = 3, OUT = 2 };

typedef struct affine {
  double W[IN][OUT], b[OUT];
  double dW[IN][OUT], db[OUT];
  const double* x; /* of the last forward */
  int averages;
} affine;

static int forward(void* context, const void* const* inputs, void* const* outputs) {
  affine* layer = context;
  double* y = outputs[0];
  layer->x = inputs[0];
  for (int n = 0; n < ROWS; ++n) {
    for (int j = 0; j < OUT; ++j) {
      y[n * OUT + j] = layer->b[j];
      for (int i = 0; i < IN; ++i) {
        y[n * OUT + j] += layer->x[n * IN + i] * layer->W[i][j];
      }
    }
  }
  return 0;
}

static int backward(void* context, const void* const* output_gradients,
                    void* const* input_gradients) {
  affine* layer = context;
  const double* dy = output_gradients[0];
  double* dx = input_gradients[0];
  memset(layer->dW, 0, sizeof layer->dW);
  memset(layer->db, 0, sizeof layer->db);
  memset(dx, 0, sizeof(double[ROWS * IN]));
  for (int n = 0; n < ROWS; ++n) {
    for (int j = 0; j < OUT; ++j) {
      layer->db[j] += dy[n * OUT + j] / (layer->averages ? ROWS : 1);
      for (int i = 0; i < IN; ++i) {
        layer->dW[i][j] += layer->x[n * IN + i] * dy[n * OUT + j];
        dx[n * IN + i] += dy[n * OUT + j] * layer->W[i][j];
      }
    }
  }
  return 0;
}

/* The verdict about the layer, or -1. */
static int verdict_of(affine* mine) {
  const size_t x_shape[] = {ROWS, IN}, y_shape[] = {ROWS, OUT}, W_shape[] = {IN, OUT},
               b_shape[] = {OUT};
  gradcheck_input x = {.struct_size = sizeof x, .name = "x", .shape = x_shape, .rank = 2};
  gradcheck_output y = {.struct_size = sizeof y, .name = "y", .shape = y_shape, .rank = 2};
  gradcheck_parameter parameters[] = {{.struct_size = sizeof parameters[0],
                                       .name = "W",
                                       .shape = W_shape,
                                       .rank = 2,
                                       .value = mine->W,
                                       .gradient = mine->dW},
                                      {.struct_size = sizeof parameters[0],
                                       .name = "b",
                                       .shape = b_shape,
                                       .rank = 1,
                                       .value = mine->b,
                                       .gradient = mine->db}};
  gradcheck_layer layer = {.struct_size = sizeof layer,
                           .name = "affine",
                           .inputs = &x,
                           .input_count = 1,
                           .parameters = parameters,
                           .parameter_count = 2,
                           .outputs = &y,
                           .output_count = 1,
                           .forward = forward,
                           .backward = backward,
                           .context = mine};
  gradcheck_report* report = NULL;
  if (gradcheck_check_layer(&layer, NULL, &report) != GRADCHECK_OK) {
    fprintf(stderr, "%s\n", gradcheck_last_error());
    return -1;
  }
  const int verdict = gradcheck_report_verdict(report);
  for (size_t k = 0; k < gradcheck_report_tensor_count(report); ++k) {
    gradcheck_tensor tensor = {.struct_size = sizeof tensor};
    gradcheck_report_tensor(report, k, &tensor);
    printf("%s: %zu of %zu entries disagree; analytic %.3g, numeric %.3g\n", tensor.name,
           tensor.disagreeing, tensor.entries, tensor.worst_analytic, tensor.worst_numeric);
  }
  gradcheck_report_free(report);
  return verdict;
}

int main(void) {
  affine mine = {.W = {{0.5, -1}, {2, 0.25}, {-0.75, 1.5}}, .b = {0.1, -0.2}};
  printf("gradcheck %s\n", gradcheck_version());
  const int right = verdict_of(&mine);
  mine.averages = 1;
  const int wrong = verdict_of(&mine);
  return right == GRADCHECK_AGREE && wrong == GRADCHECK_DISAGREE ? 0 : 1;
}
