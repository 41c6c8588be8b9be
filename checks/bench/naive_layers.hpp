#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gradcheck/network/network.hpp>

namespace gradcheck::bench {

/// A network by hand, in plain C++, for the naive loop: two whole forwards for every parameter.
class NaiveNetwork {
 public:
  virtual ~NaiveNetwork() = default;
  virtual double loss() = 0;

  /// (L(w + h) − L(w − h)) / 2h for one parameter of a tensor.
  double quotient(std::size_t tensor, std::size_t parameter);
  std::size_t tensors() const { return parameters_.size(); }
  std::size_t parameters() const;

 protected:
  /// A new tensor of parameters: normal, divided by √fan-in.
  std::size_t give(std::size_t count, std::size_t fan_in);
  static std::vector<double> normal(std::size_t count, unsigned seed);
  std::vector<double>& at(std::size_t tensor) { return parameters_[tensor]; }

 private:
  std::vector<std::vector<double>> parameters_;
};

/// A network of layers that people use, by hand and in the network language.
struct LayeredSubject {
  std::string name;
  std::function<std::unique_ptr<NaiveNetwork>()> naive;
  std::function<Network()> network;
};

Network cnn_network();
Network transformer_network();
Network lstm_network();

/// A small CNN (1×14×14, conv 8, ReLU, max pool, conv 16, ReLU, dense 10, batch 8), a transformer
/// block (T 32, C 64, 4 heads, batch 2), an LSTM (T 20, H 64, batch 8).
std::vector<LayeredSubject> layered_subjects();

}  // namespace gradcheck::bench
