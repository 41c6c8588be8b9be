#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>
#include <utility>

#include <utf8proc.h>

#include <gradcheck/network/language.hpp>
#include <gradcheck/network/names.hpp>

namespace gradcheck {
namespace {

constexpr utf8proc_int32_t transpose_sign = 0x1D40;  // ᵀ, a letter to Unicode

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool begins_name(utf8proc_int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return c == '_' || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO &&
                      c != transpose_sign);
}

bool continues_name(utf8proc_int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  const bool mark = category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC;
  const bool subscript = c >= 0x2080 && c <= 0x2089;
  return begins_name(c) || mark || subscript || category == UTF8PROC_CATEGORY_ND;
}

void collect_names(const Expression& e, std::set<std::string>& names) {
  if (e.kind == Expression::Kind::name) {
    names.insert(e.text);
  }
  for (const Expression& child : e.children) {
    collect_names(child, names);
  }
  for (const auto& keyword : e.keywords) {
    collect_names(keyword.value, names);
  }
}

/// The first code point of a text and its length in bytes, 0 where it is no UTF-8.
std::pair<utf8proc_int32_t, std::size_t> first_of(std::string_view text) {
  utf8proc_int32_t c = -1;
  const auto read = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &c);
  return {c, read > 0 ? static_cast<std::size_t>(read) : 0};
}

}  // namespace

std::size_t name_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    const auto [c, size] = first_of(text.substr(length));
    if (size == 0 || !(length == 0 ? begins_name(c) : continues_name(c))) {
      break;
    }
    length += size;
  }
  return length;
}

std::size_t space_length(std::string_view text) {
  const auto [c, size] = first_of(text);
  return size > 0 && utf8proc_category(c) == UTF8PROC_CATEGORY_ZS ? size : 0;
}

std::optional<unsigned> invisible(std::string_view character) {
  const auto [c, size] = first_of(character);
  return size > 0 && utf8proc_category(c) == UTF8PROC_CATEGORY_CF
             ? std::optional(static_cast<unsigned>(c))
             : std::nullopt;
}

bool is_name(std::string_view text) { return !text.empty() && name_length(text) == text.size(); }

std::string normal_name(std::string_view name) {
  if (is_ascii(name)) {
    return std::string(name);
  }
  const std::string terminated(name);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> composed(
      utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(terminated.c_str())), &std::free);
  return composed ? std::string(reinterpret_cast<const char*>(composed.get())) : terminated;
}

std::vector<std::string> names_in(const Expression& expression) {
  std::set<std::string> names;
  collect_names(expression, names);
  return {names.begin(), names.end()};
}

}  // namespace gradcheck
