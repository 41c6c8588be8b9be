# Run by ctest, with what gradcheck_discover_cases(...) was given in gradcheck_* variables; by
# `cmake -D directory=... -P` it is the test of a directory without cases.
cmake_policy(PUSH)
cmake_policy(VERSION 3.25)

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  message(FATAL_ERROR "gradcheck_discover_cases: ${directory} has no case file, "
    "expected at least one *.toml in it or below it")
endif()

foreach(directory IN LISTS gradcheck_directories)
  cmake_path(ABSOLUTE_PATH directory BASE_DIRECTORY "${gradcheck_source_directory}" NORMALIZE)
  file(GLOB_RECURSE files LIST_DIRECTORIES false RELATIVE "${gradcheck_source_directory}"
    "${directory}/*.toml")
  foreach(file IN LISTS files)
    string(REGEX REPLACE "\\.toml$" "" test "${gradcheck_prefix}${file}")
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${gradcheck_source_directory}")
    add_test("${test}" "${gradcheck_program}" ${gradcheck_arguments} "${file}")
    set_tests_properties("${test}" PROPERTIES ${gradcheck_properties})
  endforeach()
  if(NOT files)
    add_test("${gradcheck_prefix}${directory}" "${gradcheck_cmake}" -D "directory=${directory}"
      -P "${CMAKE_CURRENT_LIST_DIR}/discovered_cases.cmake")
  endif()
endforeach()

cmake_policy(POP)
