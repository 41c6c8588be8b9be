#pragma once

#include <typeinfo>

namespace gradcheck {

/// Notes that a check called the backward of a class: once in a process, a line with the class's
/// name goes to the file that the environment variable GRADCHECK_CHECKED names, if it is set. From
/// that gradcheck_require_checked (CMake) knows which classes were never checked.
void note_checked(const std::type_info& type);

}  // namespace gradcheck
