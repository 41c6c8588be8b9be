# What gradcheck is made of, with versions: for `gradcheck --version --verbose` (materials.hpp) and as a
# software bill of materials (gradcheck.spdx.json, SPDX 2.3; SOURCE_DATE_EPOCH fixes its time).
pkg_check_modules(openblas QUIET openblas)
foreach(name xtensor xtensor-blas xsimd fmt nlohmann_json pegtl pugixml tomlplusplus utf8proc CLI11 openblas)
  if(NOT ${name}_VERSION)
    set(${name}_VERSION unknown)
  endif()
endforeach()

# name|version|licence
set(materials
  "xtensor|${xtensor_VERSION}|BSD-3-Clause"
  "xtensor-blas|${xtensor-blas_VERSION}|BSD-3-Clause"
  "OpenBLAS|${openblas_VERSION}|BSD-3-Clause"
  "xsimd|${xsimd_VERSION}|BSD-3-Clause"
  "tomlplusplus|${tomlplusplus_VERSION}|MIT"
  "PEGTL|${pegtl_VERSION}|MIT"
  "fmt|${fmt_VERSION}|MIT"
  "nlohmann-json|${nlohmann_json_VERSION}|MIT"
  "pugixml|${pugixml_VERSION}|MIT"
  "utf8proc|${utf8proc_VERSION}|MIT"
  "CLI11|${CLI11_VERSION}|BSD-3-Clause")

set(rows)
set(packages)
set(relationships)
foreach(material IN LISTS materials)
  string(REPLACE "|" ";" parts "${material}")
  list(GET parts 0 name)
  list(GET parts 1 version)
  list(GET parts 2 licence)
  string(APPEND rows "    {\"${name}\", \"${version}\"},\n")
  string(APPEND packages ",
    {\"SPDXID\": \"SPDXRef-${name}\", \"name\": \"${name}\", \"versionInfo\": \"${version}\",
     \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false,
     \"licenseConcluded\": \"${licence}\", \"licenseDeclared\": \"${licence}\",
     \"copyrightText\": \"NOASSERTION\"}")
  string(APPEND relationships ",
    {\"spdxElementId\": \"SPDXRef-gradcheck\", \"relationshipType\": \"DEPENDS_ON\",
     \"relatedSpdxElement\": \"SPDXRef-${name}\"}")
endforeach()

string(TIMESTAMP created "%Y-%m-%dT%H:%M:%SZ" UTC)
string(SHA1 digest "${PROJECT_VERSION}${materials}${created}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/materials.hpp.in ${CMAKE_CURRENT_BINARY_DIR}/materials.hpp @ONLY)
configure_file(${CMAKE_CURRENT_LIST_DIR}/gradcheck.spdx.json.in
  ${PROJECT_BINARY_DIR}/gradcheck.spdx.json @ONLY)
