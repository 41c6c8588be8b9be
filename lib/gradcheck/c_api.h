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
 * the thread that asked for the check, `progress` by one thread at a time. A callback reports
 * trouble by returning anything but 0; one that is written in C++ may also throw. One that returns
 * GRADCHECK_STOP ends the whole check. */
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
  GRADCHECK_INTERNAL = 4, /* a fault of gradcheck */
  GRADCHECK_STOPPED = 5   /* a callback returned GRADCHECK_STOP */
};

/* What a callback returns to end the whole check at once: nothing is called any more. */
enum { GRADCHECK_STOP = 0x53544F50 };

/* Verdicts, from harmless to grave; GRADCHECK_ERROR is of a whole check alone: it could not be
 * carried out. */
enum {
  GRADCHECK_AGREE = 0,
  GRADCHECK_INCONCLUSIVE = 1,
  GRADCHECK_DISAGREE = 2,
  GRADCHECK_ERROR = 3
};

/* The type of the numbers in a layer's buffers. Half precision, IEEE 754's binary16 and bfloat16
 * (the upper half of a float), is for candidates (gradcheck_check_candidate). */
enum {
  GRADCHECK_FLOAT64 = 0,
  GRADCHECK_FLOAT32 = 1,
  GRADCHECK_FLOAT16 = 2,
  GRADCHECK_BFLOAT16 = 3
};

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
  const char* name; /* "y", or "y0", "y1", ... if null, with "_" behind it where that is taken */
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

/* forward at several points at once, with the parameters as they are: each buffer holds that tensor
 * for every point, one after another. It leaves nothing for backward. */
typedef int (*gradcheck_forward_batch)(void* context, size_t points, const void* const* inputs,
                                       void* const* outputs);

/* The next thing that the layer's own language sees and its buffers do not show, in words that go
 * on after the layer's name ("backward keeps its upstream"), or null when there is no more; called
 * until then, once all others looked for side effects. *breaks_contract is 0: set, it is an error,
 * otherwise a note. The text lives until the next call. */
typedef const char* (*gradcheck_take_finding)(void* context, int32_t* breaks_contract);

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
  int32_t dtype;                         /* GRADCHECK_FLOAT64 or GRADCHECK_FLOAT32 */
  int32_t contract;                      /* GRADCHECK_ASSIGNS, GRADCHECK_ADDS or unknown */
  gradcheck_forward_batch forward_batch; /* may be null */
  gradcheck_take_finding take_finding;   /* may be null */
  int32_t independent_rows; /* not 0: row n of every output depends on row n of every input alone */
  int32_t reserved;         /* 0 */
} gradcheck_layer;

/* The relative tolerance of the tensors of that name, or glob. */
typedef struct gradcheck_tolerance {
  size_t struct_size;
  const char* name;
  double rtol;
} gradcheck_tolerance;

/* How far a check is. */
typedef struct gradcheck_progress_info {
  size_t struct_size;
  const char* case_id; /* "" but for case files */
  const char* tensor;  /* "" between tensors */
  size_t case_number;  /* from 1 */
  size_t case_count;
  size_t done; /* entries compared so far */
  size_t entries;
  double seconds; /* since the comparison of this tensor began */
} gradcheck_progress_info;

/* Called now and then while entries are compared. */
typedef int (*gradcheck_progress)(void* context, const gradcheck_progress_info* progress);

/* How to check; a null pointer, and every zero, stands for the default. */
typedef struct gradcheck_options {
  size_t struct_size;
  double rtol;            /* relative tolerance beside the measured bound */
  double step;            /* absolute step of the differences; fixes it */
  uint64_t seed;          /* of all random choices */
  int32_t method;         /* GRADCHECK_CENTRAL or GRADCHECK_FORWARD; fixes it */
  int32_t gradients_only; /* not 0: side effects, stale caches and the like are not looked for */
  /* A layer with the same inputs, parameters and forward, in whatever number type (float64 beside
   * float32), that is differentiated numerically in place of the one checked. Its parameters are
   * found by name; it needs no backward. Null: the layer itself. */
  const gradcheck_layer* reference;
  const char* const* only; /* names or globs of the tensors to check; none: all */
  size_t only_count;
  const char* const* skip; /* names or globs of those to leave out */
  size_t skip_count;
  const gradcheck_tolerance* rtols; /* the first that fits holds */
  size_t rtol_count;
  size_t max_entries;          /* of each tensor, a sample; 0: all */
  double max_seconds;          /* then the check ends, inconclusive; 0: no limit */
  size_t jobs;                 /* threads, for networks and case files; 0: 1 */
  gradcheck_progress progress; /* may be null */
  void* progress_context;      /* handed to it */
  /* Not GRADCHECK_FLOAT64: the analytic side rounds every value to that type. */
  int32_t analytic_precision;
  int32_t reserved; /* 0 */
} gradcheck_options;

/* What was found out about one tensor. Pointers are into the report. */
typedef struct gradcheck_tensor {
  size_t struct_size;
  const char* name;
  const char* role;   /* "input" or "parameter"; of candidates also "output" */
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

/* A tensor by name, of float64, row-major. */
enum { GRADCHECK_ROLE_PARAMETER = 0, GRADCHECK_ROLE_INPUT = 1, GRADCHECK_ROLE_CONSTANT = 2 };
typedef struct gradcheck_value {
  size_t struct_size;
  const char* name;
  const size_t* shape;
  size_t rank;
  const double* data;
  int32_t role;     /* GRADCHECK_ROLE_... */
  int32_t reserved; /* 0 */
} gradcheck_value;

/* A network in gradcheck's language: "z = x @ W + b; L = half_squared_error(z, t)". */
typedef struct gradcheck_network {
  size_t struct_size;
  const char* name; /* in the report; null: "network" */
  const char* text;
  const gradcheck_value* tensors;
  size_t tensor_count;
  const char* loss;   /* null: the last name */
  int32_t all_values; /* not 0: every named value is checked, not only parameters and inputs */
  int32_t reserved;   /* 0 */
} gradcheck_network;

/* Compares both gradients of the network's loss. Of the options, `reference`, `only`, `skip`,
 * `rtols`, `max_entries` and `max_seconds` are for layers. */
GRADCHECK_API int gradcheck_check_network(const gradcheck_network* network,
                                          const gradcheck_options* options,
                                          gradcheck_report** report);

/* A run over case files. */
typedef struct gradcheck_run {
  size_t struct_size;
  const char* const* paths; /* files, and folders with *.toml below them */
  size_t path_count;
  const char* filter; /* glob over case ids; null: all */
  int32_t fail_fast;  /* not 0: stop after the first case that fails */
  int32_t allow_inconclusive;
} gradcheck_run;

/* Runs the cases. One that cannot be run is an error in the report; GRADCHECK_INVALID where there
 * is none at all. */
GRADCHECK_API int gradcheck_run_cases(const gradcheck_run* run, const gradcheck_options* options,
                                      gradcheck_report** report);

/* An extent of a shape: a symbol whose size is varied, or (symbol null) a number. */
typedef struct gradcheck_extent {
  size_t struct_size;
  const char* symbol;
  size_t size;
} gradcheck_extent;

/* An input of which only the shape is given. Its numbers are within `low` and `high` (both 0: any).
 */
typedef struct gradcheck_input_shape {
  size_t struct_size;
  const char* name;
  const gradcheck_extent* extents;
  size_t rank;
  double low;
  double high;
  gradcheck_extent labels_below; /* integers from 0 below that; struct_size 0: real numbers */
} gradcheck_input_shape;

/* The values that a size or a setting may have, the neutral one of a setting first. */
typedef struct gradcheck_choice {
  size_t struct_size;
  const char* name;
  const double* values;
  size_t count;
} gradcheck_choice;

typedef struct gradcheck_named_number {
  size_t struct_size;
  const char* name;
  double value;
} gradcheck_named_number;

/* A point that gradcheck chose: what a layer is made from, and the values of its inputs (and, where
 * they are not the layer's own, of its parameters). */
typedef struct gradcheck_point {
  size_t struct_size;
  const gradcheck_named_number* sizes;
  size_t size_count;
  const gradcheck_named_number* settings;
  size_t setting_count;
  const gradcheck_value* tensors;
  size_t tensor_count;
  const char* character; /* "a batch of one" */
} gradcheck_point;

/* A layer to be checked at points that gradcheck chooses: batches of 1, 3 and 5, odd sizes, exact
 * zeros, ties, settings off their neutral values. */
typedef struct gradcheck_points {
  size_t struct_size;
  /* A layer for a point, or null if there is none; `data` of its inputs may be null: the point's
   * are used. It lives until it is released. */
  const gradcheck_layer* (*make)(void* context, const gradcheck_point* point);
  void (*release)(void* context, const gradcheck_layer* layer); /* may be null */
  void* context;
  const gradcheck_input_shape* inputs;
  size_t input_count;
  const gradcheck_choice* settings;
  size_t setting_count;
  const gradcheck_choice* sizes; /* for symbols that do not take just any size */
  size_t size_count;
  /* The point in the caller's language, for the note on the smallest one that fails; null: C++. It
   * lives until the next call. */
  const char* (*point_text)(void* context, const gradcheck_point* point);
  int32_t keep_parameters; /* not 0: parameters as they are made, not random ones */
  int32_t reserved;        /* 0 */
} gradcheck_points;

/* A case for each point; the first that disagrees is made smaller as long as it does. */
GRADCHECK_API int gradcheck_check_points(const gradcheck_points* points,
                                         const gradcheck_options* options,
                                         gradcheck_report** report);

/* What a loss over a batch is of the losses over its parts; see gradcheck_candidate. */
enum {
  GRADCHECK_BATCH_NONE = 0, /* not looked at */
  GRADCHECK_BATCH_SUM = 1,
  GRADCHECK_BATCH_MEAN = 2,    /* each part counts as many times as it has rows */
  GRADCHECK_BATCH_WEIGHTED = 3 /* each part counts as part_weight says */
};

/* What stands for the axis of a tensor that every shard has all of. Where it comes out of them
 * (outputs, gradients of inputs and parameters), it adds up. */
enum { GRADCHECK_ALL = 0x7FFFFFFF };

/* Layers that share the work of one, each on its part. An axis, along which each shard has a part
 * (as equal as can be, the first ones larger), or GRADCHECK_ALL, stands for every input, output and
 * parameter of a shard, in their order. */
typedef struct gradcheck_shards {
  size_t struct_size;
  const char* name;
  const gradcheck_layer* layers; /* of one number type, with the same parameters by name */
  size_t layer_count;
  const int32_t* input_axes;
  const int32_t* output_axes;
  const int32_t* parameter_axes; /* null without parameters */
} gradcheck_shards;

/* A candidate (fused, in low precision, recomputed, sharded) and the reference that it must equal
 * within both their roundings. Both have the same inputs, parameters (by name) and outputs. */
typedef struct gradcheck_candidate {
  size_t struct_size;
  const gradcheck_layer* layer;     /* in any number type */
  const gradcheck_layer* reference; /* float64; its inputs' data are not used, but with shards */
  double
      roundings; /* that every result is granted, one after another; 0: as many as are measured */
  /* What a part of the batch, given by its inputs, counts for (tokens that are no padding). */
  double (*part_weight)(void* context, size_t rows, const double* const* inputs);
  /* The candidate for a batch of so many rows, with its parameters in the same memory; it lives as
   * long as the check. Needed for a batch_law. */
  const gradcheck_layer* (*part)(void* context, size_t rows);
  void* context;     /* handed to both */
  int32_t batch_law; /* GRADCHECK_BATCH_...: of outputs that have no row for each of the batch's */
  int32_t storage;   /* GRADCHECK_FLOAT16 or GRADCHECK_BFLOAT16: the type in which the layer stores
                        its numbers, though its buffers are float; 0: that of its buffers */
  /* Not null: the candidate is these together, and `layer` is null. Not with a batch_law. */
  const gradcheck_shards* shards;
} gradcheck_candidate;

/* Compares outputs and gradients of both, entry by entry, with all inputs rounded to the
 * candidate's type, and the reference's gradients with numeric ones. Tensors have the role
 * "output", "input" or "parameter"; `analytic` is the candidate's value, `numeric` the reference's,
 * and `bound` the candidate's room. Of the options, only seed, rtol and jobs are used, for the
 * reference. */
GRADCHECK_API int gradcheck_check_candidate(const gradcheck_candidate* candidate,
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
  /* The reference for inputs of these shapes, made and released like the layer, which then is
   * checked as its candidate (gradcheck_check_candidate). Null: the layer is checked by itself. */
  const gradcheck_layer* (*make_reference)(void* context, size_t inputs,
                                           const size_t* const* shapes, const size_t* ranks);
  double roundings; /* as of gradcheck_candidate */
  int32_t storage;  /* as of gradcheck_candidate */
  int32_t reserved; /* 0 */
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
