#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <gradcheck/cases/repair_trial.hpp>

namespace gradcheck {

namespace {

using Kind = Expression::Kind;

Expression transposed(const Expression& e) {
  return e.kind == Kind::transpose ? e.children[0] : unary_expression(Kind::transpose, e);
}

Expression reduced(const std::string& function, const Expression& e) {
  Expression call = unary_expression(Kind::call, e);
  call.text = function;
  call.keywords.push_back({"axis", number_expression(0)});
  return call;
}

bool is_product(const Expression& e) {
  const bool outer = e.kind == Kind::call && e.text == "outer" && e.children.size() == 2;
  return outer || (e.kind == Kind::binary && e.text == "@");
}

/// a @ b with its operands transposed and exchanged in every way but the one that it has.
std::vector<Expression> rearrangements(const Expression& product) {
  std::vector<Expression> all;
  const Expression& a = product.children[0];
  const Expression& b = product.children[1];
  for (const bool exchange : {false, true}) {
    for (const int turned : {0, 1, 2, 3}) {
      Expression other = product;
      const Expression left = (turned & 1) != 0 ? transposed(a) : a;
      const Expression right = (turned & 2) != 0 ? transposed(b) : b;
      other.children = exchange ? std::vector{right, left} : std::vector{left, right};
      if (exchange || turned != 0) {
        all.push_back(std::move(other));
      }
    }
  }
  return all;
}

/// The products that are taken for one another, of the same operands.
std::vector<Expression> other_products(const Expression& e) {
  const bool entrywise = e.kind == Kind::binary && e.text == "*";
  std::vector<Expression> others;
  if (!entrywise && !is_product(e)) {
    return others;
  }
  for (const char* const symbol : {"*", "@"}) {
    if (e.text != symbol) {
      others.push_back(binary_expression(symbol, e.children[0], e.children[1]));
    }
  }
  if (e.text != "outer") {
    Expression outer = e;
    outer.kind = Kind::call;
    outer.text = "outer";
    others.push_back(std::move(outer));
  }
  return others;
}

bool has_square(RepairTrial& trial) {
  return std::ranges::any_of(trial.here().network().nodes(), [](const Network::Node& node) {
    const std::string& name = node.layer->name();
    return name == "power" || name == "square" || name.find("squared") != std::string::npos ||
           name == "l2";
  });
}

bool say_factor(RepairTrial& trial, const Expression& part, double factor, bool missing) {
  const std::string what =
      fmt::format("{} {} the factor {}", to_string(part), missing ? "lacks" : "has", factor);
  const bool square = factor == 2 && has_square(trial);
  return trial.say(
      square ? "factor 2 of a square" : "constant factor",
      what + (missing ? "" : " too many") +
          (square ? ": the derivative of u ** 2 is 2 u, that of u ** 2 / 2 is u" : ""));
}

}  // namespace

void try_sign(RepairTrial& trial) {
  if (trial.fits(trial.root(), unary_expression(Kind::negate, trial.root()))) {
    trial.say("sign flipped", trial.target() + " would be right with the other sign");
  }
}

void try_products(RepairTrial& trial) {
  any_part(trial.root(), [&](Expression& part) {
    if (!is_product(part)) {
      return false;
    }
    for (const Expression& other : rearrangements(part)) {
      if (trial.fits(part, other)) {
        return trial.say(
            "factors exchanged or not transposed",
            fmt::format("{} where {} would be right", to_string(part), to_string(other)));
      }
    }
    return false;
  });
  any_part(trial.root(), [&](Expression& part) {
    return !trial.found() && part.kind != Kind::number && trial.fits(part, transposed(part)) &&
           trial.say("transpose", fmt::format("{} where {} would be right", to_string(part),
                                              to_string(transposed(part))));
  });
}

void try_other_products(RepairTrial& trial) {
  any_part(trial.root(), [&](Expression& part) {
    for (const Expression& other : other_products(part)) {
      if (trial.fits(part, other)) {
        return trial.say("another product", fmt::format("{} where {} would be right",
                                                        to_string(part), to_string(other)));
      }
    }
    return false;
  });
}

/// u ** n where n * u ** (n - 1) belongs.
void try_powers(RepairTrial& trial) {
  any_part(trial.root(), [&](Expression& part) {
    if (part.kind != Kind::binary || part.text != "**" || part.children[1].kind != Kind::number) {
      return false;
    }
    const double n = part.children[1].number;
    Expression power = n == 2 ? part.children[0]
                              : binary_expression("**", part.children[0], number_expression(n - 1));
    const Expression derivative = binary_expression("*", number_expression(n), std::move(power));
    return trial.fits(part, derivative) &&
           trial.say("power not differentiated",
                     fmt::format("{} where its derivative, {}, would be right", to_string(part),
                                 to_string(derivative)));
  });
}

void try_operators(RepairTrial& trial) {
  any_part(trial.root(), [&](Expression& part) {
    static const std::vector<std::pair<std::string, std::string>> others{
        {"+", "-"}, {"-", "+"},  {"*", "/"},  {"/", "*"},  {">", "<"},
        {"<", ">"}, {">", "<="}, {"<", ">="}, {">=", "<"}, {"<=", ">"}};
    for (const auto& [own, other] : others) {
      if (part.kind == Kind::binary && part.text == own) {
        Expression changed = part;
        changed.text = other;
        if (trial.fits(part, changed)) {
          const bool sign = own == "+" || own == "-";
          return trial.say(
              sign ? "sign of a term" : "another operation",
              fmt::format("{} where {} would be right", to_string(part), to_string(changed)));
        }
      }
    }
    return part.kind == Kind::negate && trial.fits(part, part.children[0]) &&
           trial.say("sign flipped", fmt::format("{} where {} would be right", to_string(part),
                                                 to_string(part.children[0])));
  });
}

void try_reductions(RepairTrial& trial) {
  if (trial.fits(trial.root(), reduced("sum", trial.root()))) {
    trial.say("not summed over the batch",
              fmt::format("{} would be right, summed over axis 0", trial.target()));
    return;
  }
  any_part(trial.root(), [&](Expression& part) {
    if (part.kind != Kind::call || (part.text != "sum" && part.text != "mean")) {
      return false;
    }
    Expression other = part;
    other.text = part.text == "sum" ? "mean" : "sum";
    return trial.fits(part, other) &&
           trial.say(other.text + " over the batch",
                     fmt::format("{} where {} would be right", to_string(part), to_string(other)));
  });
}

void try_factors(RepairTrial& trial) {
  std::set<double> factors{2};
  for (const Value& value : trial.here().network().values()) {
    for (const std::size_t extent : value.shape) {
      factors.insert(static_cast<double>(extent));
    }
  }
  any_part(trial.root(), [&](Expression& part) {
    for (const double factor : factors) {
      for (const char* const symbol : {"*", "/"}) {
        if (factor != 1 &&
            trial.fits(part, binary_expression(symbol, part, number_expression(factor)))) {
          return say_factor(trial, part, factor, symbol[0] == '*');
        }
      }
    }
    return false;
  });
}

}  // namespace gradcheck
