#include <regex>

#include <defects/semantic/shape_hints.hpp>

namespace gradcheck::defects::semantic {

namespace {

SymbolicShape extents_in(const std::string& text) {
  SymbolicShape extents;
  const std::regex separator("[ ,]+");
  for (std::sregex_token_iterator it(text.begin(), text.end(), separator, -1), end; it != end;
       ++it) {
    if (it->length() > 0) {
      extents.push_back(*it);
    }
  }
  return extents;
}

}  // namespace

std::map<std::string, SymbolicShape> shape_hints(const LayerType& type) {
  std::map<std::string, SymbolicShape> hints;
  const std::regex pattern(R"((\w+)((?: and \w+)*) \(([^()]*)\))");
  const std::regex word(R"(\w+)");
  for (std::sregex_iterator it(type.shapes.begin(), type.shapes.end(), pattern), end; it != end;
       ++it) {
    const std::string names = (*it)[1].str() + (*it)[2].str();
    for (std::sregex_iterator name(names.begin(), names.end(), word); name != end; ++name) {
      hints.try_emplace(name->str(), extents_in((*it)[3]));  // the first form that is given
    }
  }
  return hints;
}

}  // namespace gradcheck::defects::semantic
