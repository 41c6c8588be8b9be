# gradcheck_discover_cases(TARGET DIRECTORIES directory... [ARGUMENTS argument...] [PREFIX text]
#                          [WORKING_DIRECTORY directory] [PROPERTIES property value...])
#
# Makes one CTest test of each case file (*.toml) in the directories and below them. They are found
# when ctest runs, so a new file needs neither a build nor another run of CMake. A directory that has
# none makes a test that fails.
#
# A test runs the executable target with the arguments and the file, in the working directory (by
# default, like that of the directories, the current source directory), and passes if its status is 0.
# The arguments of gradcheck::program are "check" unless said otherwise; other programs have none.
# The test's name is the prefix and the file's path without .toml. The properties are given to
# every test: LABELS, TIMEOUT, ENVIRONMENT, ...
include_guard(GLOBAL)

set(GRADCHECK_DISCOVERED_CASES "${CMAKE_CURRENT_LIST_DIR}/discovered_cases.cmake"
  CACHE INTERNAL "Included by ctest: makes the tests of gradcheck_discover_cases")

function(gradcheck_discover_cases target)
  set(here gradcheck_discover_cases)
  cmake_parse_arguments(PARSE_ARGV 1 cases "" "PREFIX;WORKING_DIRECTORY"
    "DIRECTORIES;ARGUMENTS;PROPERTIES")
  if(NOT TARGET "${target}")
    message(FATAL_ERROR "${here}: has <${target}>, expected the name of an executable target")
  endif()
  if(cases_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${here}: has <${cases_UNPARSED_ARGUMENTS}>, expected DIRECTORIES before them")
  endif()
  if(NOT cases_DIRECTORIES)
    message(FATAL_ERROR "${here}: has no DIRECTORIES, expected at least one")
  endif()
  if(NOT DEFINED cases_ARGUMENTS AND target MATCHES "^gradcheck(::|_)program$")
    set(cases_ARGUMENTS check)
  endif()
  if(NOT DEFINED cases_WORKING_DIRECTORY)
    set(cases_WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()

  string(SHA1 hash "${ARGV}")
  string(SUBSTRING ${hash} 0 8 hash)
  string(MAKE_C_IDENTIFIER "${target}" name)
  set(script "${CMAKE_CURRENT_BINARY_DIR}/${name}_cases_${hash}")
  file(GENERATE OUTPUT "${script}_$<CONFIG>.cmake" CONTENT "\
set(gradcheck_cmake [==[${CMAKE_COMMAND}]==])
set(gradcheck_program [==[$<TARGET_FILE:${target}>]==])
set(gradcheck_arguments [==[${cases_ARGUMENTS}]==])
set(gradcheck_source_directory [==[${CMAKE_CURRENT_SOURCE_DIR}]==])
set(gradcheck_directories [==[${cases_DIRECTORIES}]==])
set(gradcheck_prefix [==[${cases_PREFIX}]==])
set(gradcheck_properties [==[WORKING_DIRECTORY;${cases_WORKING_DIRECTORY};${cases_PROPERTIES}]==])
include([==[${GRADCHECK_DISCOVERED_CASES}]==])
")
  get_property(several GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(several)
    file(WRITE "${script}.cmake" "include(\"${script}_\${CTEST_CONFIGURATION_TYPE}.cmake\")\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${script}.cmake")
  else()
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${script}_${CMAKE_BUILD_TYPE}.cmake")
  endif()
endfunction()
