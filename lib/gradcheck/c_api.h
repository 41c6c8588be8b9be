/* gradcheck for C, and for every language that can call C: checks a layer that is given by
 * callbacks over plain buffers.
 *
 *   gradcheck_input x = {.struct_size = sizeof x, .name = "x", .shape = (size_t[]){5, 3}, .rank =
 * 2}; gradcheck_output y = {.struct_size = sizeof y, .shape = (size_t[]){5, 2}, .rank = 2};
 *   gradcheck_layer layer = {.struct_size = sizeof layer, .name = "affine",
 *                            .inputs = &x, .input_count = 1, .outputs = &y, .output_count = 1,
 *                            .forward = forward, .backward = backward, .context = &mine};
 *   gradcheck_report* report = NULL;
 *   if (gradcheck_check_layer(&layer, NULL, &report) != GRADCHECK_OK) {
 *     fprintf(stderr, "%s\n", gradcheck_last_error());
 *   } else {
 *     puts(gradcheck_report_text(report));
 *   }
 *   gradcheck_report_free(report);
 *
 * Buffers are dense and row-major, of the layer's number type. A shape is `rank` extents, outermost
 * first; rank 0 is a single number. Texts are UTF-8.
 *
 * Every struct begins with struct_size, to be set to sizeof of it; every field that is not needed
 * is zero. An older caller's structs are smaller, and what they lack counts as zero; a newer
 * caller's are larger, and are accepted if what this library does not know in them is zero. In an
 * array all elements have the struct_size of the first.
 *
 * No function throws, ends the process or writes anything. Different layers may be checked by
 * different threads at the same time; a report may be read by several. The callbacks are called on
 * the thread that asked for the check. A callback reports trouble by returning anything but 0; one
 * that is written in C++ may also throw. */
#ifndef GRADCHECK_C_API_H
#define GRADCHECK_C_API_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define GRADCHECK_API __attribute__((visibility("default")))
#else
#define GRADCHECK_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Changes only when something is taken away or changes its meaning. */
#define GRADCHECK_API_VERSION 1

/* No shape has more extents. */
#define GRADCHECK_MAX_RANK 32

/* What functions return. */
enum {
  GRADCHECK_OK = 0,
  GRADCHECK_INVALID = 1,         /* a null pointer, a wrong struct_size, shapes that do not fit */
  GRADCHECK_CALLBACK_FAILED = 2, /* a callback returned an error or threw */
  GRADCHECK_NO_MEMORY = 3,
  GRADCHECK_INTERNAL = 4 /* a fault of gradcheck */
};

/* Verdicts, from harmless to grave; GRADCHECK_ERROR is of a whole check alone: it could not be
 * carried out. */
enum {
  GRADCHECK_AGREE = 0,
  GRADCHECK_INCONCLUSIVE = 1,
  GRADCHECK_DISAGREE = 2,
  GRADCHECK_ERROR = 3
};

/* The type of the numbers in a layer's buffers. */
enum { GRADCHECK_FLOAT64 = 0, GRADCHECK_FLOAT32 = 1 };

/* What backward does with the gradients of parameters that it finds. */
enum {
  GRADCHECK_CONTRACT_UNKNOWN = 0, /* found out by the check */
  GRADCHECK_ASSIGNS = 1,          /* writes over them */
  GRADCHECK_ADDS = 2              /* adds to them */
};

/* How the numeric derivative is formed; by default central, with steps chosen entry by entry. */
enum { GRADCHECK_METHOD_DEFAULT = 0, GRADCHECK_CENTRAL = 1, GRADCHECK_FORWARD = 2 };

/* An input of the layer. Its values at the point of the check are `data`, or, where that is null,
 * uniform random numbers between `low` and `high` (-1 and 1 if both are 0). */
typedef struct gradcheck_input {
  size_t struct_size;
  const char* name; /* "x", or "x0", "x1", ... if null */
  const size_t* shape;
  size_t rank;
  const void* data;
  double low;
  double high;
  int32_t constant; /* not 0: no gradient flows to it (labels, indices, masks); needs data */
  int32_t reserved; /* 0 */
} gradcheck_input;

/* A parameter of the layer, in the user's own memory. The check writes `value` before it calls
 * forward, and leaves there what it found; backward leaves the gradient in `gradient`. */
typedef struct gradcheck_parameter {
  size_t struct_size;
  const char* name; /* "W0", "W1", ... if null */
  const size_t* shape;
  size_t rank;
  void* value;
  void* gradient;
} gradcheck_parameter;

/* An output of the layer. */
typedef struct gradcheck_output {
  size_t struct_size;
  const char* name; /* "y", or "y0", "y1", ... if null */
  const size_t* shape;
  size_t rank;
} gradcheck_output;

/* y = forward(x, parameters): computes the outputs, and keeps what backward needs. The buffers stay
 * as they are until the next forward, so a pointer to them may be kept, too; they must not be
 * changed later. */
typedef int (*gradcheck_forward)(void* context, const void* const* inputs, void* const* outputs);

/* Gradients of the inputs of the last forward, given those of its outputs; those of parameters are
 * left in their `gradient` buffers. The buffer of a constant input is null. The buffers of the
 * inputs' gradients hold NaN beforehand: every entry must be written. */
typedef int (*gradcheck_backward)(void* context, const void* const* output_gradients,
                                  void* const* input_gradients);

/* Writes the shape of output k: at most GRADCHECK_MAX_RANK extents. */
typedef int (*gradcheck_output_shape)(void* context, size_t k, size_t* shape, size_t* rank);

/* Says what went wrong when a callback has returned `code`; may return null. */
typedef const char* (*gradcheck_error_text)(void* context, int code);

typedef struct gradcheck_layer {
  size_t struct_size;
  const char* name;
  const gradcheck_input* inputs;
  size_t input_count;
  const gradcheck_parameter* parameters;
  size_t parameter_count;
  const gradcheck_output* outputs; /* may be null where output_shape is given */
  size_t output_count;
  gradcheck_output_shape output_shape; /* null: the shapes are those in `outputs` */
  gradcheck_forward forward;
  gradcheck_backward backward;
  gradcheck_error_text error_text; /* may be null */
  void* context;                   /* handed to every callback */
  /* Why backward is not forward's derivative, if that is on purpose (clipping, a straight-through
   * estimator): disagreements are then reported without failing. Null otherwise. */
  const char* intended_deviation;
  int32_t dtype;    /* GRADCHECK_FLOAT64 or GRADCHECK_FLOAT32 */
  int32_t contract; /* GRADCHECK_ASSIGNS, GRADCHECK_ADDS or unknown */
} gradcheck_layer;

/* How to check; a null pointer, and every zero, stands for the default. */
typedef struct gradcheck_options {
  size_t struct_size;
  double rtol;            /* relative tolerance beside the measured bound */
  double step;            /* absolute step of the differences; fixes it */
  uint64_t seed;          /* of all random choices */
  int32_t method;         /* GRADCHECK_CENTRAL or GRADCHECK_FORWARD; fixes it */
  int32_t gradients_only; /* not 0: side effects, stale caches and the like are not looked for */
} gradcheck_options;

/* What was found out about one tensor. Pointers are into the report. */
typedef struct gradcheck_tensor {
  size_t struct_size;
  const char* name;
  const char* role;   /* "input" or "parameter" */
  const char* reason; /* why it does not agree, in words; may be empty */
  const size_t* shape;
  size_t rank;
  size_t entries; /* that were compared */
  size_t disagreeing;
  size_t inconclusive;
  size_t unresolved; /* below what arithmetic can see */
  double max_relative_error;
  double max_absolute_error;
  double max_bound;
  const size_t* worst_index; /* of the worst entry, both ways, with the bound on the numeric one */
  size_t worst_rank;
  double worst_analytic;
  double worst_numeric;
  double worst_bound;
  int32_t verdict;
  int32_t reserved;
} gradcheck_tensor;

typedef struct gradcheck_report gradcheck_report;

/* The version of the library, "1.2.3", and the GRADCHECK_API_VERSION that it was built with. */
GRADCHECK_API const char* gradcheck_version(void);
GRADCHECK_API uint32_t gradcheck_api_version(void);

/* Compares the gradients of every input and parameter, entry by entry, with numeric ones. A
 * gradient that disagrees is a result: GRADCHECK_OK, with a report that says so. Otherwise *report
 * is null and gradcheck_last_error() says what is wrong. */
GRADCHECK_API int gradcheck_check_layer(const gradcheck_layer* layer,
                                        const gradcheck_options* options,
                                        gradcheck_report** report);

/* Why the last function that this thread called, and that can fail, failed: a line, or "" if it did
 * not. Valid until the thread's next call. */
GRADCHECK_API const char* gradcheck_last_error(void);

/* The verdict of all: the gravest. GRADCHECK_ERROR for a null report. */
GRADCHECK_API int gradcheck_report_verdict(const gradcheck_report* report);

/* How many tensors there are, and one of them: `result`, whose struct_size is set, is filled in. */
GRADCHECK_API size_t gradcheck_report_tensor_count(const gradcheck_report* report);
GRADCHECK_API int gradcheck_report_tensor(const gradcheck_report* report, size_t k,
                                          gradcheck_tensor* result);

/* The whole report, as JSON ("schema": 1) and as text for people; "" for a null report. They live
 * as long as the report. */
GRADCHECK_API const char* gradcheck_report_json(const gradcheck_report* report);
GRADCHECK_API const char* gradcheck_report_text(const gradcheck_report* report);

/* Null is fine. */
GRADCHECK_API void gradcheck_report_free(gradcheck_report* report);

/* A plugin is a shared library that exports gradcheck_get_plugin and lists its layers with the
 * shapes to try; `gradcheck plugin LIBRARY.so` checks them all. It includes this header and links
 * to nothing. */
typedef struct gradcheck_plugin_layer {
  size_t struct_size;
  const char* name;
  /* The shapes of its inputs, a text for each check: "(5, 3)"; "(5, 3), (3,)" for two inputs. */
  const char* const* shapes;
  size_t shape_count;
  /* A layer for inputs of these shapes, or null if there is none. It lives until it is released,
   * and so do the shapes. */
  const gradcheck_layer* (*make)(void* context, size_t inputs, const size_t* const* shapes,
                                 const size_t* ranks);
  void (*release)(void* context, const gradcheck_layer* layer); /* may be null */
  void* context;
} gradcheck_plugin_layer;

typedef struct gradcheck_plugin {
  size_t struct_size;
  const gradcheck_plugin_layer* layers;
  size_t layer_count;
  uint32_t api_version; /* GRADCHECK_API_VERSION */
  uint32_t reserved;    /* 0 */
} gradcheck_plugin;

/* Exported by the plugin. */
GRADCHECK_API const gradcheck_plugin* gradcheck_get_plugin(void);

#ifdef __cplusplus
}
#endif

#endif
