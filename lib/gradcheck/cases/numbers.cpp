#include <utility>

#include <gradcheck/cases/latex.hpp>
#include <gradcheck/cases/numbers.hpp>
#include <gradcheck/cases/printed.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/tensor/files/tensor_file.hpp>

namespace gradcheck {
namespace {

Position place_of(const toml::node& node) {
  return {node.source().begin.line, node.source().begin.column};
}

class ArrayReader {
 public:
  ArrayReader(const TableReader& table, const Entry& entry, const std::string& wanted,
              const TakeNumber& take)
      : table_(table), entry_(entry), wanted_(wanted), take_(take) {}

  Shape read() {
    for (const toml::node* node = entry_.node; node->is_array(); node = node->as_array()->get(0)) {
      if (node->as_array()->empty()) {
        refuse(*node, "an empty array", "at least one number");
      }
      shape_.push_back(node->as_array()->size());
      if (shape_.size() > max_rank) {
        refuse(*node, "more than " + std::to_string(max_rank) + " axes", "fewer");
      }
    }
    walk(*entry_.node, 0);
    return std::move(shape_);
  }

 private:
  [[noreturn]] void refuse(const toml::node& node, const std::string& got,
                           const std::string& wanted) const {
    table_.fail_at(place_of(node), entry_.key + " has " + got + ", expected " + wanted);
  }

  void walk(const toml::node& node, std::size_t axis) {
    if (axis == shape_.size()) {
      take(node);
      return;
    }
    const toml::array* row = node.as_array();
    const std::string wanted = std::to_string(shape_[axis]) + " as in the first";
    if (row == nullptr) {
      refuse(node, table_.shown(node) + " beside an array", "an array of " + wanted);
    }
    if (row->size() != shape_[axis]) {
      refuse(node,
             "a row of " + std::to_string(row->size()) + (row->size() == 1 ? " entry" : " entries"),
             wanted);
    }
    for (const toml::node& item : *row) {
      walk(item, axis + 1);
    }
  }

  void take(const toml::node& node) {
    if (node.is_array()) {
      refuse(node, "an array beside numbers", "a number");
    }
    if (!node.is_number()) {
      refuse(node, table_.shown(node), shape_.empty() ? wanted_ : "a number");
    }
    if (!finite_number(node) || !take_(node, place_of(node))) {
      refuse(node, table_.shown(node), "a finite number that a double holds");
    }
  }

  const TableReader& table_;
  const Entry& entry_;
  const std::string& wanted_;
  const TakeNumber& take_;
  Shape shape_;
};

// An integer is exact, in any base.
bool push_printed(const toml::node& node, std::string_view text, std::vector<Printed>& numbers) {
  std::optional<Printed> printed = read_printed(text);
  if (node.is_integer()) {
    const int digits = printed ? printed->digits : static_cast<int>(text.size());
    printed = Printed{std::string(text), static_cast<double>(node.as_integer()->get()), 0, digits};
  }
  if (printed) {
    numbers.push_back(std::move(*printed));
  }
  return printed.has_value();
}

/// The numbers of a tensor file are exact.
void take_exactly(const Tensor& tensor, Written& written) {
  constexpr int digits = 17;
  written.shape = shape_of(tensor);
  for (const double value : entries(tensor)) {
    written.numbers.push_back({number_text(value), value, 0, digits});
  }
}

}  // namespace

Tensor read_file_table(const TableReader& table) {
  table.allow({"file", "name"});
  const Entry& file = table.need("file");
  const Entry* const name = table.find("name");
  try {
    Tensor tensor = read_tensor(table.source().folder() / table.text(file),
                                name == nullptr ? "" : table.text(*name));
    if (!all_finite(tensor)) {
      table.fail_at(file.value_at(),
                    "the tensor has entries that are not finite, expected numbers");
    }
    return tensor;
  } catch (const LocatedError&) {
    throw;
  } catch (const Error& error) {
    table.fail_at(file.value_at(), error.what());
  }
}

Shape read_numbers(const TableReader& table, const Entry& entry, const std::string& wanted,
                   const TakeNumber& take) {
  return ArrayReader(table, entry, wanted, take).read();
}

Shape shape_instead(const TableReader& table, const Shape& shape) {
  const Entry* entry = table.find("shape");
  if (entry == nullptr) {
    return shape;
  }
  Shape other = table.shape(*entry);
  if (entries_of(other) != entries_of(shape)) {
    table.fail_at(entry->value_at(), "shape has " + to_string(other) + ", expected one of " +
                                         std::to_string(entries_of(shape)) + " entries");
  }
  return other;
}

Written read_latex_table(const TableReader& table) {
  table.allow({"latex", "shape"});
  const Entry& entry = table.need("latex");
  const Program latex = table.program(entry, "LaTeX between ' and '");
  Written written = read_latex(table.text(entry), latex.at, table.where());
  written.shape = shape_instead(table, written.shape);
  return written;
}

namespace {

// { zeros = [2, 3] }, { ones = [3] }, { full = [3], value = 0.5 }
Written read_all_equal(const TableReader& table) {
  Written written;
  written.all_equal = true;
  for (const char* const key : {"zeros", "ones", "full"}) {
    if (const Entry* entry = table.find(key)) {
      const bool given = std::string_view(key) == "full";
      table.allow(given ? std::vector<std::string>{key, "value"} : std::vector<std::string>{key});
      written.shape = table.shape(*entry);
      if (given) {
        const Entry& value = table.need("value");
        table.number(value, "a finite number", [](double) { return true; });
        push_printed(*value.node, table.source().number(value.value_at()), written.numbers);
      } else {
        written.numbers.push_back(*read_printed(std::string_view(key) == "ones" ? "1" : "0"));
      }
      return written;
    }
  }
  table.allow({"latex", "zeros", "ones", "full", "file"});
  table.fail_at(table.at(), "has an empty table, expected one of latex, zeros, ones, full or file");
}

Written read_written_table(const TableReader& table) {
  if (table.find("file") != nullptr) {
    Written written;
    take_exactly(read_file_table(table), written);
    return written;
  }
  return table.find("latex") != nullptr ? read_latex_table(table) : read_all_equal(table);
}

}  // namespace

Written read_written(const TableReader& table, const Entry& entry) {
  const std::string wanted = "numbers, LaTeX or a formula";
  Written written;
  if (entry.node->is_table()) {
    written = read_written_table(table.table(entry));
  } else if (entry.node->is_string()) {
    const std::string text = table.text(entry);
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
      table.fail(entry, wanted);
    }
    const Program formula = table.program(entry, "");
    if (text.find('\\') != std::string::npos) {
      written = read_latex(text, formula.at, table.path(entry.key));
    } else {
      written.formula = formula.text;
      written.formula_at = formula.at;
    }
  } else {
    written.shape = read_numbers(table, entry, wanted, [&](const toml::node& node, Position at) {
      return push_printed(node, table.source().number(at), written.numbers);
    });
  }
  written.at = entry.value_at();
  written.end = entry.value_end();
  return written;
}

}  // namespace gradcheck
