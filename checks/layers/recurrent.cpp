#include <gradcheck/layers/recurrent.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// Half of `ramp` for each shape.
Tensors<double> ramps(const std::vector<Shape>& shapes) {
  Tensors<double> all;
  for (const Shape& shape : shapes) {
    all.push_back(ramp(shape, static_cast<int>(all.size()) + 1));
    for (double& entry : entries(all.back())) {
      entry /= 2;
    }
  }
  return all;
}

/// x, the states, and the weights of a cell or of every layer and direction.
Tensors<double> randoms(const Shape& x, const Shape& state, std::size_t states, std::size_t gates,
                        std::size_t layers = 1, std::size_t directions = 1, bool biases = true) {
  const std::size_t units = state.back();
  std::vector<Shape> shapes{x};
  shapes.insert(shapes.end(), states, state);
  for (std::size_t run = 0; run < layers * directions; ++run) {
    const std::size_t reads = run < directions ? x.back() : directions * units;
    shapes.insert(shapes.end(), {{gates * units, reads}, {gates * units, units}});
    shapes.insert(shapes.end(), biases ? 2 : 0, {gates * units});
  }
  Tensors<double> all;
  for (const Shape& shape : shapes) {
    all.push_back(random_signed(shape, 0.2, 1, all.size() + 1));
  }
  return all;
}

const Settings with_biases{{"b_ih", true}, {"b_hh", true}};

Settings relu(Settings settings = {}) {
  settings["nonlinearity"] = std::string("relu");
  return settings;
}

void check_outputs(const LayerPtr& layer, const Tensors<double>& x, const Tensors<double>& wanted) {
  const Tensors<double> y = run(layer, x);
  REQUIRE(y.size() == wanted.size());
  for (std::size_t k = 0; k < y.size(); ++k) {
    CAPTURE(k);
    CHECK(near(y[k], wanted[k], 1e-13L, 1e-15L));
  }
}

}  // namespace

TEST_CASE("recurrent cells: values agree with PyTorch") {
  // PyTorch 1.13, float64: rnn_tanh_cell, rnn_relu_cell, lstm_cell, gru_cell
  check_outputs(
      standard("rnn_cell", with_biases), ramps({{2, 3}, {2, 2}, {2, 3}, {2, 2}, {2}, {2}}),
      {tensor({2, 2},
              {0.20037671852040992, 0.809301070201781, -0.13970530282831423, 0.330821117493628})});
  check_outputs(standard("rnn_cell", relu(with_biases)),
                ramps({{2, 3}, {2, 2}, {2, 3}, {2, 2}, {2}, {2}}),
                {tensor({2, 2}, {0.203125, 1.125, 0.0, 0.34375})});
  check_outputs(standard("lstm_cell", with_biases),
                ramps({{2, 3}, {2, 2}, {2, 2}, {8, 3}, {8, 2}, {8}, {8}}),
                {tensor({2, 2}, {-0.12071823190949443, 0.2127547977417597, 0.12386030713900521,
                                 -0.33929845820085947}),
                 tensor({2, 2}, {-0.34204362091763707, 0.282962799647952, 0.26151168446124606,
                                 -0.6024092708988342})});
  check_outputs(standard("gru_cell", with_biases),
                ramps({{2, 3}, {2, 2}, {6, 3}, {6, 2}, {6}, {6}}),
                {tensor({2, 2}, {-0.24080623356851047, 0.03925464496664921, -0.5435916783450685,
                                 0.24966326636013111})});
}

TEST_CASE("recurrent sequences: values agree with PyTorch") {
  // PyTorch 1.13, float64: nn.RNN, nn.LSTM and nn.GRU over three times and two rows
  check_outputs(
      standard("rnn", {{"bidirectional", true}}),
      ramps({{3, 2, 2}, {2, 2, 2}, {2, 2}, {2, 2}, {2}, {2}, {2, 2}, {2, 2}, {2}, {2}}),
      {tensor({3, 2, 4},
              {0.04684069787264808, 0.5213013053545766, 0.7230338890462091,  0.21211104402454,
               -0.6622860957166337, 0.7481544703297354, 0.559373198380859,   -0.6083470751041989,
               -0.7832062128927896, 0.5821328576506577, 0.6436413641847167,  0.07009914616436536,
               0.08813997590809529, 0.7320178987887139, 0.9405582021605,     0.5151505118617452,
               0.06090963170968625, 0.7258915939662698, 0.41157005567402244, -0.35835739835078595,
               -0.7538414395958205, 0.6448348614403854, 0.3027097293321085,  -0.7925027462672406}),
       tensor({2, 2, 2},
              {0.06090963170968625, 0.7258915939662698, -0.7538414395958205, 0.6448348614403854,
               0.7230338890462091, 0.21211104402454, 0.559373198380859, -0.6083470751041989})});
  check_outputs(standard("rnn", relu({{"num_layers", 2.0}})),
                ramps({{3, 2, 2}, {2, 2, 2}, {2, 2}, {2, 2}, {2}, {2}, {2, 2}, {2, 2}, {2}, {2}}),
                {tensor({3, 2, 2},
                        {0.7890625, 0.0, 0.98046875, 0.0, 1.510498046875, 0.0, 1.47900390625, 0.0,
                         1.506988525390625, 0.063812255859375, 1.70343017578125, 0.05987548828125}),
                 tensor({2, 2, 2}, {0.0, 0.406982421875, 0.0, 0.73388671875, 1.506988525390625,
                                    0.063812255859375, 1.70343017578125, 0.05987548828125})});
  check_outputs(
      standard("lstm", {{"num_layers", 2.0}, {"bidirectional", true}}),
      ramps({{3, 2, 2},
             {4, 2, 2},
             {4, 2, 2},
             {8, 2},
             {8, 2},
             {8},
             {8},
             {8, 2},
             {8, 2},
             {8},
             {8},
             {8, 4},
             {8, 2},
             {8},
             {8},
             {8, 4},
             {8, 2},
             {8},
             {8}}),
      {tensor({3, 2, 4}, {0.24858678489396724,   -0.04827999283949054, -0.2127543890428997,
                          -0.3579902459254531,   -0.09608118615655743, 0.09300664236607051,
                          -0.10411177315103964,  -0.23220100914102684, 0.13968569310793655,
                          -0.13427923488160667,  -0.13849131045315613, -0.3269810240665473,
                          -0.042143155838877545, 0.006852761819605437, -0.032791636311678404,
                          -0.13510244320273798,  0.10918532396915567,  -0.15203532866529998,
                          -0.10441665242567232,  -0.2894997996566642,  0.0024265992686541885,
                          -0.10037589383543176,  0.05307814091764341,  -0.0043748682198028145}),
       tensor(
           {4, 2, 2},
           {-0.004211934127697698, -0.5246544586671138, -0.1332641640927892, -0.4320351432222475,
            0.27347055044427754, 0.11341527059783249, 0.16655689232971035, 0.012181258564649633,
            0.10918532396915567, -0.15203532866529998, 0.0024265992686541885, -0.10037589383543176,
            -0.2127543890428997, -0.3579902459254531, -0.10411177315103964, -0.23220100914102684}),
       tensor({4, 2, 2},
              {-0.009416806648394033, -1.0416376479672347, -0.2948771214063942, -0.9364346336636575,
               0.6049123502752032, 0.28736388823302506, 0.5968154148967308, 0.05353699381094358,
               0.3148696567961979, -0.18996775115075615, 0.006563680912993745, -0.12152692995332405,
               -0.5142046551052024, -0.7883125951025334, -0.26047757267712507,
               -0.48957641364622306})});
  check_outputs(
      standard("lstm"), ramps({{3, 2, 2}, {1, 2, 2}, {1, 2, 2}, {8, 2}, {8, 2}}),
      {tensor({3, 2, 2}, {0.021193345295705594, 0.12257730307701196, -0.08485059941217213,
                          -0.030367166584706503, -0.17689498523762417, 0.05553156514345114,
                          0.05280546705223192, 0.007514414981862649, 0.025143989050741344,
                          -0.04151358188558831, -0.10994670746404511, 0.047327963826803994}),
       tensor({1, 2, 2}, {0.025143989050741344, -0.04151358188558831, -0.10994670746404511,
                          0.047327963826803994}),
       tensor({1, 2, 2}, {0.050739047649355246, -0.07663710176071897, -0.2173740458891168,
                          0.10523521908781285})});
  check_outputs(
      standard("gru", {{"num_layers", 2.0}}),
      ramps({{3, 2, 2}, {2, 2, 2}, {6, 2}, {6, 2}, {6}, {6}, {6, 2}, {6, 2}, {6}, {6}}),
      {tensor({3, 2, 2},
              {-0.02049286385144833, 0.6324002201178528, -0.05265576112473186, 0.6873571468376485,
               0.060498894784090596, 0.5742610320230978, 0.02857169388095221, 0.6422416521109577,
               0.14077402418415752, 0.5316954417695277, 0.05254401479666296, 0.5480690720657986}),
       tensor({2, 2, 2}, {-0.3554398774706182, -0.06695278258601493, -0.030555061103730602,
                          -0.20658612290784606, 0.14077402418415752, 0.5316954417695277,
                          0.05254401479666296, 0.5480690720657986})});
}

TEST_CASE("recurrent cells: gradients agree with central differences") {
  for (const auto& [x, h] : std::vector<std::pair<Shape, Shape>>{{{3, 2}, {3, 5}}, {{2}, {3}}}) {
    check_layer(standard("rnn_cell", with_biases), randoms(x, h, 1, 1));
    check_layer(standard("rnn_cell", relu(with_biases)), randoms(x, h, 1, 1));
    check_layer(standard("lstm_cell", with_biases), randoms(x, h, 2, 4));
    check_layer(standard("gru_cell", with_biases), randoms(x, h, 1, 3));
    check_layer(standard("lstm_cell"), randoms(x, h, 2, 4, 1, 1, false));
  }
}

TEST_CASE("recurrent sequences: gradients agree with central differences") {
  check_layer(standard("rnn"), randoms({4, 3, 2}, {1, 3, 3}, 1, 1));
  check_layer(standard("rnn", relu({{"bidirectional", true}})),
              randoms({3, 1, 2}, {2, 1, 3}, 1, 1, 1, 2));
  check_layer(
      standard("lstm", {{"num_layers", 2.0}, {"bidirectional", true}, {"batch_first", true}}),
      randoms({2, 3, 2}, {4, 2, 2}, 2, 4, 2, 2));
  check_layer(standard("lstm"), randoms({4, 2}, {1, 3}, 2, 4, 1, 1, false));
  check_layer(standard("gru", {{"num_layers", 2.0}}), randoms({3, 2, 2}, {2, 2, 2}, 1, 3, 2));
}

TEST_CASE("recurrent sequences: one time of one layer is the cell") {
  const Tensors<double> cell = randoms({3, 2}, {3, 5}, 2, 4);
  Tensors<double> sequence = cell;
  for (std::size_t slot = 0; slot < 3; ++slot) {
    Shape shape = shape_of(cell[slot]);
    shape.insert(shape.begin(), 1);
    sequence[slot] = reshaped(cell[slot], shape);
  }
  const Tensors<double> of_cell = run(standard("lstm_cell", with_biases), cell);
  const Tensors<double> y = run(standard("lstm"), sequence);
  CHECK(near(reshaped(y[1], {3, 5}), of_cell[0], 0));
  CHECK(near(reshaped(y[2], {3, 5}), of_cell[1], 0));
  CHECK(same_bits(y[0], y[1]));
}

TEST_CASE("recurrent sequences: without times the states come through") {
  const Tensors<double> x = randoms({0, 2, 3}, {1, 2, 4}, 1, 3);
  const Tensors<double> y = run(standard("gru"), x);
  CHECK(shape_of(y[0]) == Shape{0, 2, 4});
  CHECK(same_bits(y[1], x[1]));
}

TEST_CASE("recurrent ReLU: units at 0, to within the rounding of their sum, are ties") {
  const Tensor one = tensor({1, 1}, {1}), h = tensor({1, 1}, {-3});
  CHECK(ties(standard("rnn_cell", relu()), {tensor({1, 1}, {3}), h, one, one}, 0.0).size() == 1);
  CHECK(ties(standard("rnn_cell", relu()), {tensor({1, 1}, {3.1}), h, one, one}, 0.0).empty());
  CHECK(ties(standard("rnn_cell", relu()), {tensor({1, 1}, {3.1}), h, one, one}, 0.03).size() == 1);
  const Tensor x = tensor({3, 1, 1}, {-2, 1, -1}), state = tensor({1, 1, 1}, {0});
  const std::vector<Tie> found = ties(standard("rnn", relu()), {x, state, one, one}, 0.0);
  REQUIRE(found.size() == 1);  // h = 0, 1, then 1 − 1
  CHECK(found[0].site == 2);
}

TEST_CASE("recurrent cells: shapes that do not fit are refused") {
  const auto refused = [](const char* name, std::vector<Shape> shapes) {
    return refusal(standard(name), shapes);
  };
  CHECK(refused("rnn_cell", {{1, 2, 3}, {2, 2}, {2, 3}, {2, 2}}) ==
        "rnn_cell: x has shape (1, 2, 3), expected (N, in) or (in)");
  CHECK(refused("lstm_cell", {{4, 3}, {4, 2}, {4, 1}, {8, 3}, {8, 2}}) ==
        "lstm_cell: c has shape (4, 1), expected (N, H) = (4, H), for x has shape (4, 3)");
  CHECK(refused("gru_cell", {{4, 3}, {4, 2}, {8, 3}, {6, 2}}) ==
        "gru_cell: w_ih has shape (8, 3), expected (6, 3), (3 H, in) with H = 2");
  CHECK(refused("rnn_cell", {{4, 3}, {4, 2}, {2, 3}, {3, 2}}) ==
        "rnn_cell: w_hh has shape (3, 2), expected (2, 2), (H, H) with H = 2");
  CHECK(refused_settings("lstm_cell", {{"b_ih", true}}) ==
        "lstm_cell: b_hh has no value, expected both biases, or none");
}

TEST_CASE("recurrent sequences: shapes and numbers of weights that do not fit are refused") {
  const auto refused = [](Settings settings, const std::vector<Shape>& shapes) {
    return refusal(standard("lstm", std::move(settings)), shapes);
  };
  CHECK(refused({}, {{5, 4, 3}, {1, 4, 2}, {1, 4, 2}, {8, 3}, {8, 2}, {8}}) ==
        "lstm: tensors has 6 of them, expected x, h0, c0 and 4 weights, w_ih, w_hh, b_ih, b_hh for "
        "each "
        "of num_layers · directions = 1, or 2 without biases");
  CHECK(refused({{"bidirectional", true}},
                {{5, 4, 3}, {1, 4, 2}, {1, 4, 2}, {8, 3}, {8, 2}, {8, 3}, {8, 2}}) ==
        "lstm: h0 has shape (1, 4, 2), expected (layers · directions, N, H) = (2, 4, H), for x has "
        "shape (5, 4, 3)");
  CHECK(refused({{"num_layers", 2.0}},
                {{5, 4, 3}, {2, 4, 2}, {2, 4, 2}, {8, 3}, {8, 2}, {8, 3}, {8, 2}}) ==
        "lstm: w_ih of layer 1 has shape (8, 3), expected (8, 2), (4 H, in) with H = 2");
  CHECK(refused({{"batch_first", true}}, {{5}, {1, 4, 2}, {1, 4, 2}, {8, 3}, {8, 2}}) ==
        "lstm: x has shape (5,), expected (N, T, in) or (T, in)");
  CHECK(refused_settings("gru", {{"num_layers", 0.0}}) ==
        "gru: num_layers has 0, expected an integer from 1 to 1000");
}
