#pragma once
// The one place that includes toml++: linked as a shared library, for compiled into a debug build it aborts on `[=`.

#ifndef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 0
#endif
#ifndef TOML_SHARED_LIB
#define TOML_SHARED_LIB 1
#endif
#include <toml++/toml.h>
