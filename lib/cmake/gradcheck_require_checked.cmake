# gradcheck_require_checked(TARGET HEADERS header... [ARGUMENTS argument...] [NAME test])
#
# Adds a CTest test (TARGET.checked, unless named): it runs the executable target with the arguments, and fails if that
# fails, or if a class in the headers has a backward that no check in that run called (check_layer,
# check_points, check_candidate, or check of a network that it was added to). So a layer that is new
# cannot be forgotten.
#
# A header's classes are found in its text: a backward is that of the struct or class that began last
# before it. Classes are told apart by name, without namespace and template arguments. Layers behind the
# C interface have no class: they are not looked for.
include_guard(GLOBAL)

set(GRADCHECK_CHECKED_LAYERS "${CMAKE_CURRENT_LIST_DIR}/checked_layers.cmake"
  CACHE INTERNAL "Run by ctest: the tests of gradcheck_require_checked")

function(gradcheck_require_checked target)
  set(here gradcheck_require_checked)
  cmake_parse_arguments(PARSE_ARGV 1 checked "" "NAME" "HEADERS;ARGUMENTS")
  if(NOT TARGET "${target}")
    message(FATAL_ERROR "${here}: has <${target}>, expected the name of an executable target")
  endif()
  if(checked_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${here}: has <${checked_UNPARSED_ARGUMENTS}>, expected HEADERS before them")
  endif()
  if(NOT checked_HEADERS)
    message(FATAL_ERROR "${here}: has no HEADERS, expected at least one")
  endif()
  if(NOT checked_NAME)
    set(checked_NAME "${target}.checked")
  endif()
  set(headers)
  foreach(header IN LISTS checked_HEADERS)
    cmake_path(ABSOLUTE_PATH header BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    list(APPEND headers "${header}")
  endforeach()

  string(MAKE_C_IDENTIFIER "${checked_NAME}" name)
  set(script "${CMAKE_CURRENT_BINARY_DIR}/${name}_$<CONFIG>")
  file(GENERATE OUTPUT "${script}.cmake" CONTENT "\
cmake_minimum_required(VERSION 3.25)
set(program [==[$<TARGET_FILE:${target}>]==])
set(arguments [==[${checked_ARGUMENTS}]==])
set(headers [==[${headers}]==])
set(checked_file [==[${script}.txt]==])
include([==[${GRADCHECK_CHECKED_LAYERS}]==])
")
  add_test(NAME "${checked_NAME}" COMMAND "${CMAKE_COMMAND}" -P "${script}.cmake")
endfunction()
