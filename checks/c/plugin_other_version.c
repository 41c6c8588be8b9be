/* A plugin for another version of the interface. */
#include <gradcheck/c_api.h>

const gradcheck_plugin* gradcheck_get_plugin(void) {
  static const gradcheck_plugin plugin = {.struct_size = sizeof plugin,
                                          .api_version = GRADCHECK_API_VERSION + 1};
  return &plugin;
}
