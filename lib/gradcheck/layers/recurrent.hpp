#pragma once

#include <deque>
#include <string>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/recurrence.hpp>
#include <gradcheck/layers/recurrent_ties.hpp>

namespace gradcheck {

/// Extents of a recurrent layer, as its inputs tell them.
struct RecurrentExtents {
  bool batched;  ///< x has an axis of rows
  std::size_t times, rows, in, units;
  std::size_t biases;  ///< of each layer and direction: 0 or 2
};

/// One time of a recurrent layer: h', and c' of an LSTM, from x, h and c (recurrent_step.hpp), with
/// u = x w_ihᵀ + b_ih and v = h w_hhᵀ + b_hh.
/// Shapes: x (N, in), h and c (N, H), or without N; w_ih (G H, in), w_hh (G H, H), b_ih and b_hh (G
/// H), gates one after another: i f g o of an LSTM, r z n of a GRU; h' and c' as h.
/// Gradients, with du and dv of the units: dx = du w_ih, dh += dv w_hh, dw_ih = duᵀ x, dw_hh = dvᵀ
/// h, db_ih = Σ_n du, db_hh = Σ_n dv. Sites (ReLU): the entries of h'. Throws ShapeError if the
/// shapes do not fit together.
template <class Unit>
struct RecurrentCell {
  static constexpr std::size_t arity = variadic;
  static constexpr std::size_t states = Unit::has_cell ? 2 : 1;
  std::string name;

  std::vector<Shape> shapes(std::span<const Shape> in) const {
    extents(in);
    return std::vector<Shape>(states, in[1]);
  }
  RecurrentExtents extents(std::span<const Shape> in) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  Tensors<Real> forward(Inputs<Real> in) const {
    return outputs(in, nullptr);
  }
  template <class Real>
  Tensors<Real> backward(const Tensors<Real>& dy, Inputs<Real> in, const Tensors<Real>&) const {
    const Rows<Real> rows(in);
    const Recurrence<Unit, Real> run = recurrence(in, rows, nullptr);
    const TensorOf<Real> dh = reshaped(dy[0], shape_of(rows.h));
    const TensorOf<Real> dc =
        Unit::has_cell ? reshaped(dy.back(), shape_of(rows.h)) : zeros<Real>(shape_of(rows.h));
    auto gradients = run.backward(zeros<Real>(shape_of(rows.h)), 0, dh, dc);
    Tensors<Real> all = pack<Real>(reshaped(gradients.x, shape_of(*in[0])),
                                   reshaped(gradients.h, shape_of(*in[1])));
    if (Unit::has_cell) {
      all.push_back(reshaped(gradients.c, shape_of(*in[2])));
    }
    std::ranges::move(gradients.weights, std::back_inserter(all));
    return all;
  }

  bool kinked() const { return Unit::kinked; }
  Branches branches(Inputs<double> in) const {
    Branches pieces;
    const Rows<double> rows(in);
    recurrence(in, rows, nullptr).append_pieces(pieces);
    return pieces;
  }
  template <class Real>
  Tensors<Real> forward_along(const Branches& pieces, Inputs<Real> in) const {
    return outputs(in, pieces.data());
  }
  std::vector<Tie> ties(Inputs<double> in, Inputs<double> widths) const {
    std::vector<Tie> found;
    if constexpr (Unit::kinked) {
      const Rows<double> rows(in), wide(widths);
      append_ties(recurrence(in, rows, nullptr), {wide.x, wide.h, weights(widths)}, in, found);
    }
    return found;
  }

 private:
  /// x, h and c as matrices.
  template <class Real>
  struct Rows {
    TensorOf<Real> x, h, c;
    explicit Rows(Inputs<Real> in) : x(matrix(*in[0])), h(matrix(*in[1])), c(h) {
      if (Unit::has_cell) {
        c = matrix(*in[2]);
      }
    }
    static TensorOf<Real> matrix(const TensorOf<Real>& t) {
      return t.dimension() == 2 ? t : reshaped(t, {1, t.size()});
    }
  };

  template <class Real>
  static RecurrentWeights<Real> weights(Inputs<Real> in) {
    const std::size_t first = 1 + states;
    const bool biases = in.size() > first + 2;
    return {in[first], in[first + 1], biases ? in[first + 2] : nullptr,
            biases ? in[first + 3] : nullptr};
  }
  template <class Real>
  static Recurrence<Unit, Real> recurrence(Inputs<Real> in, const Rows<Real>& rows,
                                           const std::int32_t* pieces) {
    return {rows.x, rows.h, Unit::has_cell ? &rows.c : nullptr, weights(in), false, pieces};
  }
  template <class Real>
  Tensors<Real> outputs(Inputs<Real> in, const std::int32_t* pieces) const {
    const Rows<Real> rows(in);
    const Recurrence<Unit, Real> run = recurrence(in, rows, pieces);
    Tensors<Real> y = pack<Real>(reshaped(run.last_h(), shape_of(*in[1])));
    if (Unit::has_cell) {
      y.push_back(reshaped(run.last_c(), shape_of(*in[1])));
    }
    return y;
  }
};

/// How the layers of a recurrent sequence lie.
struct SequenceSettings {
  std::string name;
  std::size_t layers;
  std::size_t directions;  ///< 2: each layer also runs backwards in time
  bool batch_first;
};

/// Whole sequences through one or several layers of a recurrent cell: each layer reads what the one
/// before it shows at every time, both directions side by side.
/// Shapes: x (T, N, in), with batch_first (N, T, in), or (T, in); h0 and c0 (layers · directions,
/// N, H) or without N; then w_ih, w_hh, b_ih, b_hh of every layer and direction (forwards first;
/// all biases may be missing), w_ih (G H, in or directions · H), w_hh (G H, H); y (T, N, directions
/// · H), h_n and c_n as h0. Gradients: backpropagation through time. Sites (ReLU): by layer and
/// direction, then time, row and unit. Throws ShapeError if the shapes do not fit together, or
/// there are more or fewer weights.
template <class Unit>
struct RecurrentSequence {
  static constexpr std::size_t arity = variadic;
  static constexpr std::size_t states = Unit::has_cell ? 2 : 1;
  SequenceSettings settings;

  std::vector<Shape> shapes(std::span<const Shape> in) const;
  RecurrentExtents extents(std::span<const Shape> in) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  Tensors<Real> forward(Inputs<Real> in) const {
    return Run<Real>(*this, in, nullptr).outputs();
  }
  template <class Real>
  Tensors<Real> backward(const Tensors<Real>& dy, Inputs<Real> in, const Tensors<Real>&) const {
    return Run<Real>(*this, in, nullptr).backward(dy);
  }

  bool kinked() const { return Unit::kinked; }
  Branches branches(Inputs<double> in) const { return Run<double>(*this, in, nullptr).pieces(); }
  template <class Real>
  Tensors<Real> forward_along(const Branches& pieces, Inputs<Real> in) const {
    return Run<Real>(*this, in, pieces.data()).outputs();
  }
  std::vector<Tie> ties(Inputs<double> in, Inputs<double> widths) const {
    std::vector<Tie> found;
    if constexpr (Unit::kinked) {
      Run<double>(*this, in, nullptr).append_all_ties(widths, found);
    }
    return found;
  }

 private:
  Composer::Id composed_run(Composer& c, const RecurrentExtents& e, Composer::Id level,
                            std::size_t run, std::vector<Composer::Id>& last_h,
                            std::vector<Composer::Id>& last_c) const;

  template <class Real>
  class Run {
   public:
    Run(const RecurrentSequence& kernel, Inputs<Real> in, const std::int32_t* pieces)
        : settings_(kernel.settings), in_(in), e_(kernel.extents(shapes_of_all(in))) {
      levels_.push_back(time_first(*in[0]));
      for (std::size_t layer = 0; layer < settings_.layers; ++layer) {
        TensorOf<Real> shown = empty<Real>({e_.times * e_.rows, settings_.directions * e_.units});
        for (std::size_t d = 0; d < settings_.directions; ++d) {
          h_.push_back(state(*in[1], runs_.size()));
          c_.push_back(Unit::has_cell ? state(*in[2], runs_.size()) : h_.back());
          runs_.emplace_back(levels_.back(), h_.back(), Unit::has_cell ? &c_.back() : nullptr,
                             weights(in, runs_.size()), d == 1,
                             pieces == nullptr ? pieces : pieces + runs_.size() * sites());
          runs_.back().show(shown, d * e_.units);
        }
        levels_.push_back(std::move(shown));
      }
    }

    Tensors<Real> outputs() const {
      Tensors<Real> y = pack<Real>(as_given(levels_.back()));
      y.push_back(empty_like(*in_[1]));
      if (Unit::has_cell) {
        y.push_back(empty_like(*in_[2]));
      }
      for (std::size_t k = 0; k < runs_.size(); ++k) {
        set_state(y[1], k, runs_[k].last_h());
        if (Unit::has_cell) {
          set_state(y[2], k, runs_[k].last_c());
        }
      }
      return y;
    }

    Tensors<Real> backward(const Tensors<Real>& dy) const {
      Tensors<Real> gradients;
      for (const TensorOf<Real>* each : in_) {
        gradients.push_back(zeros<Real>(shape_of(*each)));
      }
      TensorOf<Real> shown = time_first(dy[0]);
      for (std::size_t layer = settings_.layers; layer-- > 0;) {
        TensorOf<Real> below = zeros<Real>(shape_of(levels_[layer]));
        for (std::size_t d = 0; d < settings_.directions; ++d) {
          const std::size_t k = layer * settings_.directions + d;
          auto g = runs_[k].backward(
              shown, d * e_.units, state(dy[1], k),
              Unit::has_cell ? state(dy[2], k) : zeros<Real>({e_.rows, e_.units}));
          add_to(below, g.x);
          set_state(gradients[1], k, g.h);
          if (Unit::has_cell) {
            set_state(gradients[2], k, g.c);
          }
          std::ranges::move(g.weights, gradients.begin() + static_cast<std::ptrdiff_t>(first(k)));
        }
        shown = std::move(below);
      }
      gradients[0] = as_given(std::move(shown));
      return gradients;
    }

    Branches pieces() const {
      Branches all;
      for (const Recurrence<Unit, Real>& run : runs_) {
        run.append_pieces(all);
      }
      return all;
    }

    void append_all_ties(Inputs<double> widths, std::vector<Tie>& found) const {
      Tensor wide = time_first(*widths[0]);
      for (std::size_t layer = 0; layer < settings_.layers; ++layer) {
        Tensor shown = empty<double>(shape_of(levels_[layer + 1]));
        for (std::size_t d = 0; d < settings_.directions; ++d) {
          const std::size_t k = layer * settings_.directions + d;
          const Tensors<double> by_step = append_ties(
              runs_[k], {wide, state(*widths[1], k), weights(widths, k)}, in_, found, k * sites());
          runs_[k].show(by_step, shown, d * e_.units);
        }
        wide = std::move(shown);
      }
    }

   private:
    static std::vector<Shape> shapes_of_all(Inputs<Real> in) {
      std::vector<Shape> shapes;
      for (const TensorOf<Real>* each : in) {
        shapes.push_back(shape_of(*each));
      }
      return shapes;
    }
    std::size_t sites() const { return Unit::kinked ? e_.times * e_.rows * e_.units : 0; }
    std::size_t first(std::size_t run) const { return 1 + states + run * (2 + e_.biases); }
    RecurrentWeights<Real> weights(Inputs<Real> in, std::size_t run) const {
      const std::size_t slot = first(run);
      const bool biases = e_.biases > 0;
      return {in[slot], in[slot + 1], biases ? in[slot + 2] : nullptr,
              biases ? in[slot + 3] : nullptr};
    }
    /// (T, N, columns) or as given, as (T · N, columns), and back.
    TensorOf<Real> time_first(const TensorOf<Real>& t) const {
      const std::size_t columns = t.shape().back();
      constexpr std::size_t swapped[] = {1, 0, 2};
      return reshaped(e_.batched && settings_.batch_first ? permuted<Real>(t, swapped) : t,
                      {e_.times * e_.rows, columns});
    }
    TensorOf<Real> as_given(TensorOf<Real> t) const {
      const std::size_t columns = t.shape()[1];
      constexpr std::size_t swapped[] = {1, 0, 2};
      TensorOf<Real> all = reshaped(std::move(t), {e_.times, e_.rows, columns});
      return !e_.batched             ? reshaped(std::move(all), {e_.times, columns})
             : settings_.batch_first ? permuted<Real>(all, swapped)
                                     : all;
    }
    TensorOf<Real> state(const TensorOf<Real>& all, std::size_t run) const {
      TensorOf<Real> one = empty<Real>({e_.rows, e_.units});
      std::copy_n(all.data() + run * one.size(), one.size(), one.data());
      return one;
    }
    static void set_state(TensorOf<Real>& all, std::size_t run, const TensorOf<Real>& one) {
      std::copy_n(one.data(), one.size(), all.data() + run * one.size());
    }

    const SequenceSettings& settings_;
    Inputs<Real> in_;
    RecurrentExtents e_;
    std::deque<TensorOf<Real>> levels_;  ///< what each layer reads, and what the last one shows
    std::deque<TensorOf<Real>> h_, c_;   ///< at the beginning, by layer and direction
    std::deque<Recurrence<Unit, Real>> runs_;
  };
};

/// rnn_cell lstm_cell gru_cell rnn lstm gru
void add_recurrent_layers(LayerLibrary& library);

}  // namespace gradcheck
