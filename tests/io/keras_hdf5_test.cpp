// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/io/keras_hdf5.hpp>

#include <lamina/activations/elu.hpp>
#include <lamina/activations/gelu.hpp>
#include <lamina/activations/leaky_relu.hpp>
#include <lamina/activations/prelu.hpp>
#include <lamina/activations/relu.hpp>
#include <lamina/activations/selu.hpp>
#include <lamina/activations/sigmoid.hpp>
#include <lamina/activations/silu.hpp>
#include <lamina/activations/softmax.hpp>
#include <lamina/activations/softplus.hpp>
#include <lamina/activations/tanh.hpp>
#include <lamina/graph/shared.hpp>
#include <lamina/io/safetensors_file.hpp>
#include <lamina/io/save.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/bidirectional.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/layers/gru.hpp>
#include <lamina/layers/layer_normalization.hpp>
#include <lamina/layers/lstm.hpp>
#include <lamina/layers/residual.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/accumulate_gradients.hpp>
#include <lamina/optimizers/adam.hpp>
#include <lamina/optimizers/amsgrad.hpp>
#include <lamina/optimizers/nadam.hpp>
#include <lamina/optimizers/rmsprop.hpp>
#include <lamina/optimizers/sgd.hpp>

#include "support/fault_folder.hpp"
#include "support/kernels.hpp"
#include "support/python.hpp"
#include "support/skip.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

Tensor<float, 2> tensor(StoredTensor const& t) {
    auto out = Tensor<float, 2>::from_shape({std::size_t(t.shape[0]), std::size_t(t.shape[1])});
    auto const values = t.values<float>();
    std::copy(values.begin(), values.end(), out.data());
    return out;
}
Tensor<float, 2> noise(std::size_t rows, std::size_t columns, std::uint64_t seed = 1) {
    auto out = Tensor<float, 2>::from_shape({rows, columns});
    for (std::size_t i = 0; i < out.size(); ++i)
        out.data()[i] = 2 * Random{seed}.uniform(i) - 1;
    return out;
}
double difference(Tensor<float, 2> const& a, Tensor<float, 2> const& b) {
    if (a.size() != b.size()) return 1e300;
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::abs(double(a.data()[i]) - double(b.data()[i])));
    return most;
}

/// A file that Keras 3.16 wrote, and what it computed; "" where they are not at hand.
std::string keras3(std::string const& name) {
    char const* const shared = std::getenv("LAMINA_SHARED");
    return shared ? std::string(shared) + "/models/keras3/" + name : std::string();
}
template <class Model>
void check_reference(Model model, std::string const& name) {
    auto const path = keras3(name + ".h5");
    if (path.empty()) return skip("LAMINA_SHARED is not set");
    load(model, path);
    SafetensorsFile const reference(keras3(name + ".reference.safetensors"));
    auto const y = model.predict(tensor(*reference.find("in/0")));
    CHECK(difference(y, tensor(*reference.find("out/0"))) < 1e-5);
    // what lamina writes of it is the same model
    Folder const folder;
    save(model, folder.path("again.h5"));
    auto again = model;
    again.initialize(99);
    load(again, folder.path("again.h5"));
    CHECK(difference(again.predict(tensor(*reference.find("in/0"))), y) == 0);
}

auto small_model() {
    return compile(Sequential{Input<3>{}, Dense<5>{}, ReLU{}, BatchNormalization{},
                              Dropout{.rate = 0.25f}, Dense<2>{}},
                   Adam{}, MeanSquaredError{});
}

} // namespace

TEST_CASE("a model of Keras 3.16 with sigmoid gives Keras' outputs") {
    check_reference(compile(Sequential{Input<3>{}, Dense<64>{}, ReLU{}, Dense<1>{}, Sigmoid{}},
                            Adam{}, MeanSquaredError{}), "mlp");
}

TEST_CASE("a model of Keras 3.16 with many activations gives Keras' outputs") {
    check_reference(
        compile(Sequential{Input<6>{}, Dense<7>{}, ELU{}, Dense<9>{}, SELU{}, Dense<5>{}, GELU{},
                           Dense<8>{}, SiLU{}, LeakyReLU{.negative_slope = 0.2f}, Dense<6>{},
                           Softplus{}, PReLU{}, Dense<4, NoBias>{}, Tanh{}, Dense<3>{}, Softmax{}},
                Adam{}, MeanSquaredError{}), "mlp_activations");
}

TEST_CASE("a model of Keras 3.16 with normalisation and dropout gives Keras' outputs") {
    check_reference(compile(Sequential{Input<8>{}, Dense<10>{}, BatchNormalization{}, ReLU{},
                                       Dropout{.rate = 0.3f}, LayerNormalization{}, Dense<4>{}},
                            Adam{}, MeanSquaredError{}), "norm_dropout");
}

TEST_CASE("a model of Keras 3.16 with two inputs and two outputs gives Keras' outputs") {
    auto const path = keras3("two_inputs_two_outputs.h5");
    if (path.empty()) return skip("LAMINA_SHARED is not set");
    auto model = compile(graph<Input<4>, Input<6>>([](auto a, auto b) {
        auto const both = join(a | Dense<5>{} | ReLU{}, b | Dense<3>{}) | Concatenate{};
        return outputs(both | Dense<2>{}, both | Dense<1>{} | Sigmoid{});
    }), Adam{}, losses(MeanSquaredError{}, MeanSquaredError{}));
    load(model, path);
    SafetensorsFile const reference(keras3("two_inputs_two_outputs.reference.safetensors"));
    auto const a = tensor(*reference.find("in/0")), b = tensor(*reference.find("in/1"));
    CHECK(difference(model.predict<0>(Arrays{a, b}), tensor(*reference.find("out/0"))) < 1e-5);
    CHECK(difference(model.predict<1>(Arrays{a, b}), tensor(*reference.find("out/1"))) < 1e-5);
}

detail::List<std::string> listed(std::initializer_list<char const*> names) {
    detail::List<std::string> list;
    for (char const* name : names) list.push_back(name);
    return list;
}

TEST_CASE("a file of weights alone, in Keras 2's names, with fixed strings and split lists") {
    Folder const folder;
    auto const path = folder.path("weights.h5");
    auto model = small_model();
    std::vector<float> const kernel(15, 0.5f), bias{1, 2, 3, 4, 5}, five(5, 2.0f), last(10, -1.0f),
        two{7, 8};
    auto const span = [](std::vector<float> const& v) { return std::span<float const>(v); };
    {
        Hdf5Writer file(path);
        auto const root = [&](std::string const& name) { return file.group(file.root(), name); };
        // a list that is too long for one attribute comes in several, of fixed strings
        detail::List<std::string> layers;
        for (int i = 0; i < 4000; ++i)
            layers.push_back("nothing_with_a_long_name_" + std::to_string(i));
        for (auto const& name : layers) file.names(root(name), "weight_names", {});
        for (char const* name : {"dense_7", "batch_normalization_9", "dropout_1", "dense_8"})
            layers.push_back(name);
        auto const dense = root("dense_7");
        file.names(dense, "weight_names", listed({"dense_7/kernel:0", "dense_7/bias:0"}));
        file.tensor(dense, Entry::of("dense_7/kernel:0", span(kernel), {3, 5}));
        file.tensor(dense, Entry::of("dense_7/bias:0", bias));
        auto const norm = root("batch_normalization_9");
        auto const names = listed({"gamma", "beta", "moving_mean", "moving_variance"});
        file.names(norm, "weight_names", names);
        for (auto const& name : names) file.tensor(norm, Entry::of(name, five));
        file.names(root("dropout_1"), "weight_names", {});
        auto const out = root("dense_8");
        file.names(out, "weight_names", listed({"k", "b"}));
        file.tensor(out, Entry::of("k", span(last), {5, 2}));
        file.tensor(out, Entry::of("b", two));
        file.names(file.root(), "layer_names", layers);
        file.commit();
        CHECK(H5Aexists(Hdf5Reader(path).root().id(), "layer_names1") > 0);
        CHECK(H5Aexists(Hdf5Reader(path).root().id(), "layer_names") == 0);
    }
    load(model, path);
    CHECK(model.weights.values[0] == 0.5f);
    CHECK(model.weights.values[15] == 1);
    CHECK(model.weights.state[0] == 2);
    CHECK(model.progress.steps == 0);
}

TEST_CASE("an optimizer's state goes through the file, and training goes on bit for bit") {
    auto const x = noise(64, 3), y = noise(64, 2, 2);
    auto const check = [&](auto optimizer) {
        Folder const folder;
        auto model = compile(Sequential{Input<3>{}, Dense<5>{}, Tanh{}, BatchNormalization{},
                                        Dropout{.rate = 0.25f}, Dense<2>{}},
                             optimizer, MeanSquaredError{});
        model.fit(x, y, {.epochs = 3, .batch_size = 16, .seed = 5, .verbose = 0});
        save(model, folder.path("m.h5"));
        model.fit(x, y, {.epochs = 5, .batch_size = 16, .resume = true, .verbose = 0});
        auto again = compile(Sequential{Input<3>{}, Dense<5>{}, Tanh{}, BatchNormalization{},
                                        Dropout{.rate = 0.25f}, Dense<2>{}},
                             optimizer, MeanSquaredError{});
        again.initialize(77);
        load(again, folder.path("m.h5"));
        CHECK(again.progress.steps == 12);
        again.fit(x, y, {.epochs = 5, .batch_size = 16, .resume = true, .verbose = 0});
        CHECK(difference(again.predict(x), model.predict(x)) == 0);
    };
    check(Adam{});
    check(Adam{.form = Form::torch});   // not Keras': its state lies in lamina's own group
    check(SGD{.momentum = 0.9});
    check(RMSprop{.momentum = 0.5, .centered = true});
    check(Nadam{});
    check(accumulate_gradients(5, Nadam{})); // 12 batches are two groups and two batches
    check(accumulate_gradients(1, Adam{}));  // not Keras', whose groups have two at least
}

TEST_CASE("a scaling goes through the file, with names or without") {
    Folder const folder;
    auto model = small_model(), again = small_model();
    for (Scaling const& scaling : {Scaling{{"age", "gr\xf6\xdf"
                                                   "e"},
                                           {1, 2.5},
                                           {3, 0.1}},
                                   Scaling{{"age", "fare"}, {1, 2.5}, {3, 0.1}, {NAN, 7.25}},
                                   Scaling{{}, {0.5, 0.25}, {1, 2}}})
        for (char const* const name : {"m.h5", "m.keras", "m.weights.h5"}) {
            model.scaling = scaling;
            save(model, folder.path(name));
            load(again, folder.path(name));
            CHECK(again.scaling == scaling);
        }
    Hdf5Reader const quiet(folder.path("m.h5"));
    for (hsize_t const size : {hsize_t(1), hsize_t(1) << 40}) { // one number less, and far more
        save(model, folder.path("m.h5"));
        detail::Hdf5Handle const file(
            H5Fopen(folder.path("m.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
        H5Ldelete(file.id(), "/lamina/scaling/scale", H5P_DEFAULT);
        detail::Hdf5Handle const space(H5Screate_simple(1, &size, nullptr));
        detail::Hdf5Handle const d(H5Dcreate2(file.id(), "/lamina/scaling/scale", H5T_IEEE_F64LE,
                                              space.id(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        H5Fflush(file.id(), H5F_SCOPE_GLOBAL);
        CHECK(message_of<Error>([&] {
                  load(again, folder.path("m.h5"));
              }).find("does not have one number for each name") != std::string::npos);
    }
}

TEST_CASE("what does not fit is said all at once, and nothing is changed") {
    Folder const folder;
    auto const path = folder.path("m.h5");
    auto saved = compile(Sequential{Input<3>{}, Dense<4>{}, ReLU{}, Dense<2>{}}, Adam{},
                         MeanSquaredError{});
    save(saved, path);
    auto model = small_model();
    auto const x = noise(4, 3);
    auto const before = model.predict(x);
    auto const message = message_of<Error>([&] { load(model, path); });
    CHECK(message == path + ": \"dense/kernel\" is 3x4 float32, model layer 1 Dense needs 3x5; "
                            "\"dense/bias\" is 4 float32, model layer 1 Dense needs 5; "
                            "\"dense_1/kernel\" is 4x2 float32, model layer 3 BatchNormalization "
                            "needs 5; "
                            "\"dense_1/bias\" is 2 float32, model layer 3 BatchNormalization needs "
                            "5; 4 missing (\"batch_normalization/moving_mean\", "
                            "\"batch_normalization/moving_variance\", \"dense_1/kernel\", "
                            "\"dense_1/bias\"), 0 extra. Nothing was loaded. For a part of it, "
                            "load a model like the one that was saved, and transfer() from that.");
    CHECK(difference(model.predict(x), before) == 0);
}

TEST_CASE("what leads out of a file is refused") {
    Folder const folder;
    auto const path = folder.path("m.h5");
    auto model = small_model();
    save(model, path);
    Hdf5Reader const whole(path);   // keeps HDF5 from printing
    auto const attempt = [&](auto const& change) {
        save(model, path);
        detail::Hdf5Handle const file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
        detail::Hdf5Handle const layer(
            H5Gopen2(file.id(), "/model_weights/dense/sequential/dense", H5P_DEFAULT));
        H5Ldelete(layer.id(), "bias", H5P_DEFAULT);
        change(layer.id());
        H5Fflush(file.id(), H5F_SCOPE_GLOBAL);
        return message_of<Error>([&] { load(model, path); });
    };
    CHECK(attempt([](hid_t at) {
        H5Lcreate_soft("/model_weights/dense_1/sequential/dense_1/bias", at, "bias", H5P_DEFAULT,
                       H5P_DEFAULT);
    }).find("by a soft or external link") != std::string::npos);
    CHECK(attempt([&](hid_t at) {
        H5Lcreate_external("/etc/passwd", "/x", at, "bias", H5P_DEFAULT, H5P_DEFAULT);
    }).find("by a soft or external link") != std::string::npos);
    auto const dataset = [](hid_t at, hsize_t size, auto const& options) {
        detail::Hdf5Handle const space(H5Screate_simple(1, &size, nullptr));
        detail::Hdf5Handle const made(H5Pcreate(H5P_DATASET_CREATE));
        options(made.id());
        detail::Hdf5Handle const d(H5Dcreate2(at, "bias", H5T_IEEE_F32LE, space.id(), H5P_DEFAULT,
                                              made.id(), H5P_DEFAULT));
    };
    CHECK(attempt([&](hid_t at) {
        dataset(at, 5, [](hid_t o) { H5Pset_external(o, "/etc/passwd", 0, 20); });
    }).find("lies in other files") != std::string::npos);
    CHECK(attempt([&](hid_t at) {
        dataset(at, hsize_t(1) << 40, [](hid_t o) {
            hsize_t const chunk = 1 << 20;
            H5Pset_chunk(o, 1, &chunk);
            H5Pset_deflate(o, 9);
        });
    }).find("is 1099511627776 float32, model layer 1 Dense needs 5") != std::string::npos);
    CHECK(attempt([&](hid_t at) {
        dataset(at, 5, [](hid_t o) {
            hsize_t const chunk = 5;
            H5Pset_chunk(o, 1, &chunk);
            H5Pset_nbit(o);
        });
    }).find("uses HDF5's filter 5") != std::string::npos);
    CHECK(attempt([&](hid_t at) {   // compressed as users do
        dataset(at, 5, [](hid_t o) {
            hsize_t const chunk = 5;
            H5Pset_chunk(o, 1, &chunk);
            H5Pset_shuffle(o);
            H5Pset_deflate(o, 9);
        });
    }) == "");
    CHECK(attempt([&](hid_t at) {
        hsize_t const five = 5;
        detail::Hdf5Handle const space(H5Screate_simple(1, &five, nullptr));
        detail::Hdf5Handle const d(H5Dcreate2(at, "bias", H5T_STD_I32LE, space.id(), H5P_DEFAULT,
                                              H5P_DEFAULT, H5P_DEFAULT));
    }).find("holds other numbers than float32") != std::string::npos);
    CHECK(attempt([](hid_t) {}).find("has no data set \"sequential/dense/bias\"") !=
          std::string::npos);
}

TEST_CASE("a file in HDF5's newest form is read, one with an image of the cache is refused") {
    Folder const folder;
    auto const path = folder.path("m.h5"), newest = folder.path("newest.h5");
    auto model = small_model();
    save(model, path);
    // the same in a file of its own, behind `ahead` bytes that are none of HDF5's
    auto const written = [&](hsize_t ahead, bool image) {
        detail::Hdf5Handle const from(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
        detail::Hdf5Handle const creation(H5Pcreate(H5P_FILE_CREATE));
        detail::Hdf5Handle const access(H5Pcreate(H5P_FILE_ACCESS));
        H5Pset_userblock(creation.id(), ahead);
        H5Pset_libver_bounds(access.id(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
        H5AC_cache_image_config_t config{H5AC__CURR_CACHE_IMAGE_CONFIG_VERSION, image, false,
                                         H5AC__CACHE_IMAGE__ENTRY_AGEOUT__NONE};
        H5Pset_mdc_image_config(access.id(), &config);
        detail::Hdf5Handle const to(
            H5Fcreate(newest.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()));
        H5Ocopy(from.id(), "model_weights", to.id(), "model_weights", H5P_DEFAULT, H5P_DEFAULT);
    };
    for (hsize_t const ahead : {0u, 512u, 2048u}) {
        CAPTURE(ahead);
        written(ahead, false);
        auto other = small_model();
        other.initialize(5);
        load(other, newest);
        CHECK(other.weights.values[0] == model.weights.values[0]);
        written(ahead, true);
        CHECK(message_of<Error>([&] { load(other, newest); })
                  .find("newest.h5: has an extended superblock, such as one with an image of "
                        "HDF5's cache") != std::string::npos);
    }
    CHECK(!detail::has_extension({}));
    std::vector<std::byte> const zeros(600);
    CHECK(!detail::has_extension(zeros));
}

TEST_CASE("what is no file of Keras") {
    Folder const folder;
    auto model = small_model();
    auto const path = folder.path("m.h5");
    auto const why = [&](std::string const& bytes) {
        write_all(path, bytes);
        return message_of<Error>([&] { load(model, path); });
    };
    save(model, path);
    auto const good = read_all(path);
    CHECK(why("").find("it is empty") != std::string::npos);
    CHECK(why("text").find("is no HDF5 file") != std::string::npos);
    CHECK(why(good.substr(0, 200)).find("is no HDF5 file") != std::string::npos);
    CHECK(why(good.substr(0, good.size() / 2)).find("is no HDF5 file, or it is damaged: HDF5 says: "
                                                    "truncated file") != std::string::npos);
    { Hdf5Writer(path).commit(); }
    CHECK(message_of<Error>([&] { load(model, path); }).find("layer_names") != std::string::npos);
    CHECK(message_of<Error>([&] { load(model, folder.path("none.h5")); }).find("No such file") !=
          std::string::npos);
    CHECK(message_of<Error>([&] { load(model, "/dev/zero.h5"); }) != "");
    CHECK(message_of<Error>([&] { save(model, folder.path("none/m.h5")); }).find("No such file") !=
          std::string::npos);
}

TEST_CASE("the same model gives the same bytes") {
    Folder const folder;
    auto const model = small_model();
    save(model, folder.path("a.h5"));
    save(model, folder.path("b.h5"));
    CHECK(read_all(folder.path("a.h5")) == read_all(folder.path("b.h5")));
}

TEST_CASE("a .keras archive is read within its bounds") {
    Folder const folder;
    auto const path = folder.path("m.keras"), weights = folder.path("m.weights.h5");
    auto model = small_model();
    save(model, weights);
    auto const little = [](std::size_t value, int n) {
        std::string out;
        for (; n > 0; --n, value >>= 8) out += char(value & 255);
        return out;
    };
    // local header, member, list of members, end; times are not looked at
    auto const archive = [&](std::string const& member, std::string const& name, int method) {
        auto const sum = detail::crc32(std::as_bytes(std::span(member)));
        std::string const times(4, '\0'), size = little(member.size(), 4);
        std::string const its = little(std::size_t(method), 2) + times + little(sum, 4) + size +
                                size + little(name.size(), 2) + little(3, 2);
        std::string const local = little(0x04034b50, 4) + little(20, 2) + little(0, 2) + its +
                                  name + "abc" + member;
        std::string const list = little(0x02014b50, 4) + little(20, 2) + little(20, 2) +
                                 little(0, 2) + its + std::string(10, '\0') + little(0, 4) + name +
                                 "abc";
        return local + list + little(0x06054b50, 4) + little(0, 4) + little(1, 2) + little(1, 2) +
               little(list.size(), 4) + little(local.size(), 4) + little(7, 2) + "comment";
    };
    auto const whole = archive(read_all(weights), "model.weights.h5", 0);
    write_all(path, whole);
    auto again = model;
    again.initialize(4);
    load(again, path);
    CHECK(again.weights.values[7] == model.weights.values[7]);
    auto const why = [&](std::string const& bytes) {
        write_all(path, bytes);
        return message_of<Error>([&] { load(again, path); });
    };
    CHECK(why(archive("x", "model.weights.h5", 8)).find("compressed") != std::string::npos);
    CHECK(why(archive("x", "other", 0)).find("has no model.weights.h5") != std::string::npos);
    CHECK(why(archive("x", "model.weights.h5", 0)).find("is no HDF5 file") != std::string::npos);
    for (std::size_t i = 100; i < whole.size() - 300; i += 97) { // any byte of the weights
        auto damaged = whole;
        damaged[i] = char(damaged[i] ^ 1);
        CHECK(why(damaged) == path + ": is damaged: its weights do not have the checksum that it "
                                     "says. Take another copy.");
    }
    for (std::size_t n = 4; n < whole.size(); n += n < 300 || n + 300 > whole.size() ? 1 : 97)
        CHECK(why(whole.substr(0, n)) != "");
    for (std::size_t i = whole.size() - 110; i < whole.size() - 7; ++i) { // any byte of the lists
        auto damaged = whole;
        damaged[i] = char(damaged[i] ^ 0x7f);
        write_all(path, damaged);
        try {
            load(again, path);
        } catch (Error const&) {} // or it did not matter
    }
}

TEST_CASE("a .keras archive brings everything back, for several optimizers") {
    Folder const folder;
    auto const path = folder.path("m.keras");
    auto const inputs = noise(40, 3), targets = noise(40, 2, 2);
    auto const check = [&](auto const& optimizer) {
        auto model = compile(Sequential{Input<3>{}, Dense<5>{}, ReLU{}, BatchNormalization{},
                                        Dropout{.rate = 0.25f}, Dense<2>{}},
                             optimizer, MeanSquaredError{});
        model.fit(inputs, targets, {.epochs = 2, .batch_size = 8, .verbose = 0});
        model.scaling = {{"a", "b", "c"}, {0.5, 1, 2}, {1, 2, 4}};
        save(model, path, {.attachments = {{"words", "a b"}}});
        CHECK(read_attachment(path, "words") == "a b");
        auto again = model;
        again.initialize(9);
        again.scaling = {};
        load(again, path);
        CHECK(again.progress.steps == 10);
        CHECK(again.scaling == model.scaling);
        auto const a = model.optimizer_state(), b = again.optimizer_state();
        CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
        // both go on alike
        for (auto* const m : {&model, &again})
            m->fit(inputs, targets,
                   {.epochs = 4, .batch_size = 8, .resume = true, .verbose = 0});
        for (std::size_t i = 0; i < model.parameter_count; ++i)
            REQUIRE(again.weights.values[i] == model.weights.values[i]);
        save(model, path, {.optimizer = false});
        again.initialize(9);
        load(again, path);
        CHECK(again.progress.steps == 0);
        CHECK(again.weights.values[3] == model.weights.values[3]);
    };
    check(Adam{});
    check(AMSGrad{});
    check(Nadam{});
    check(SGD{.momentum = 0.9f});
    check(RMSprop{.momentum = 0.5f, .centered = true});
    check(Adam{.average = {.momentum = 0.9f}}); // which Keras does not have
}

TEST_CASE("both ways by two layers, in all of Keras' layouts") {
    Folder const folder;
    auto model = compile(Sequential{Input<6, 3>{}, Bidirectional{LSTM<4>{}, GRU<2>{}}}, Adam{},
                         MeanSquaredError{});
    auto const kept = model;
    for (char const* const name : {"m.keras", "m.h5", "m.weights.h5"}) {
        auto const path = folder.path(name);
        save(kept, path);
        model.initialize(5);
        CHECK(model.weights.values[0] != kept.weights.values[0]);
        load(model, path);
        for (std::size_t i = 0; i < model.parameter_count; ++i)
            REQUIRE(model.weights.values[i] == kept.weights.values[i]);
    }
}

TEST_CASE("a .keras archive as Keras reads it") {
    auto const python = python_with("h5py, numpy");
    if (python.empty()) return skip("a Python with h5py is not here");
    Folder const folder;
    auto const path = folder.path("m.keras"), script = folder.path("check.py");
    auto model = small_model();
    model.train_on_batch(noise(2, 3), noise(2, 2));
    save(model, path);
    write_all(script, R"(
import h5py, io, json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None # the checksums
assert z.namelist() == ['metadata.json', 'config.json', 'model.weights.h5']
assert all(i.compress_type == zipfile.ZIP_STORED for i in z.infolist())
assert json.loads(z.read('metadata.json'))['keras_version'].startswith('3.')
config = json.loads(z.read('config.json'))
assert config['compile_config']['optimizer']['class_name'] == 'Adam'
assert config['compile_config']['optimizer']['module'] == 'keras.optimizers'
assert config['compile_config']['loss'] == {'module': 'keras.losses', 'registered_name': None,
    'class_name': 'MeanSquaredError', 'config': {}}
f = h5py.File(io.BytesIO(z.read('model.weights.h5')))
v = f['optimizer/vars']
assert v.attrs['name'] == 'adam'
# the iteration, the rate, and of each trained parameter momentum and velocity
shapes = [v[str(i)].shape for i in range(len(v))]
weights = [(3, 5), (5,), (5,), (5,), (5, 2), (2,)]
assert shapes == [(), ()] + [s for w in weights for s in (w, w)], shapes
assert v['0'][()] == 1 and v['0'].dtype == 'int32' and abs(v['1'][()] - 0.001) < 1e-9
assert (v['3'][()] >= 0).all() # a velocity
assert list(f['layers/dense/vars']) == ['0', '1']
assert f['layers/dense_1/vars/0'].shape == (5, 2)
)");
    CHECK(std::system((python + " " + script + " " + path).c_str()) == 0);
}

TEST_CASE("the checksum of archives, and the date in them") {
    CHECK(lamina::detail::crc32(std::as_bytes(std::span("123456789", 9))) == 0xcbf43926);
    using namespace std::chrono;
    CHECK(lamina::detail::keras_date(system_clock::time_point(seconds(1763760870))) ==
          "2025-11-21@21:34:30");
    CHECK(lamina::detail::keras_date(system_clock::time_point()) == "1970-01-01@00:00:00");
}

TEST_CASE("texts of any length travel in the file") {
    Folder const folder;
    auto const path = folder.path("m.h5");
    auto model = small_model();
    std::string const large(1'000'000, 'x'), odd("a\0b\xff", 4);
    save(model, path, {.attachments = {{"tokenizer", large}, {"a/b", odd}, {"", ""}}});
    CHECK(read_attachment(path, "tokenizer") == large);
    CHECK(read_attachment(path, "a/b") == odd);
    CHECK(read_attachment(path, "") == "");
    CHECK(message_of<Error>([&] { read_attachment(path, "b"); }).find("has no attachment \"b\"") !=
          std::string::npos);
    load(model, path);
    save(model, path);
    CHECK(message_of<Error>([&] { read_attachment(path, "tokenizer"); })
              .find("has no attachment") != std::string::npos);
    CHECK(message_of<Error>([&] { save(model, path, {.names = Names::torch}); })
              .find("is for .safetensors files") != std::string::npos);
}

TEST_CASE("Keras' order of layers, and the names of shared ones") {
    // branches of different length: the longer one's layers come first
    auto model = compile(graph<Input<4>>([](auto x) {
        auto const shared_layer = x | Dense<4>{};
        auto const once_more = shared_layer | Tanh{} | shared(shared_layer);
        auto const side = x | Dense<4>{} | ReLU{};
        return join(side, once_more | Residual{Dense<4>{}, Tanh{}}) | Concatenate{} | Dense<2>{};
    }), Adam{}, MeanSquaredError{});
    auto const parts = detail::parts_of(model);
    auto const document = detail::document_of(detail::view_of(model, parts.data()));
    CHECK(!document.sequential);
    auto const keras = keras_graph(document);
    std::string names;
    for (auto const& layer : keras.layers) names += layer.name + " ";
    CHECK(names == "input_layer dense_1 tanh residual.sequential.dense dense residual.add "
                   "concatenate dense_3 ");
    CHECK(keras.layers[1].calls.size() == 2);
}

TEST_CASE("the sums of a group's gradients lie where Keras has them") {
    auto const model = compile(Sequential{Input<3>{}, Dense<2>{}},
                               accumulate_gradients(4, Adam{.clip = {.norm = 1}}),
                               MeanSquaredError{});
    auto const parts = detail::parts_of(model);
    auto const document = detail::document_of(detail::view_of(model, parts.data()));
    auto const graph = keras_graph(document);
    std::string all;
    for (auto const& slot : keras_slots(document, graph))
        all += slot.name + " " + document.slots[slot.entry].name + "\n";
    CHECK(all == "sequential_dense_kernel_gradient_accumulator dense/kernel/2\n"
                 "sequential_dense_bias_gradient_accumulator dense/bias/2\n"
                 "sequential_dense_kernel_momentum dense/kernel/0\n"
                 "sequential_dense_kernel_velocity dense/kernel/1\n"
                 "sequential_dense_bias_momentum dense/bias/0\n"
                 "sequential_dense_bias_velocity dense/bias/1\n");
    auto const config = nlohmann::json::parse(keras_training_config(document));
    CHECK(config.at("optimizer_config").at("config").at("gradient_accumulation_steps") == 4);
}

TEST_CASE("h5py reads what lamina writes") {
    auto const python = python_with("h5py, numpy");
    if (python.empty()) return skip("a Python with h5py is not here");
    Folder const folder;
    auto const path = folder.path("m.h5"), script = folder.path("check.py");
    auto model = small_model();
    model.scaling = {{"a", "b", "c"}, {0.5, 1, 2}, {1, 2, 4}};
    save(model, path);
    write_all(script, R"(
import h5py, json, sys
f = h5py.File(sys.argv[1])
assert f.attrs['keras_version'].startswith('3.')
w = f['model_weights']
names = list(w.attrs['layer_names'])
assert names == ['dense', 'batch_normalization', 'dropout', 'dense_1'], names
assert list(w['dense'].attrs['weight_names']) == ['sequential/dense/kernel',
                                                  'sequential/dense/bias']
assert w['dense']['sequential/dense/kernel'].shape == (3, 5)
assert w['dense']['sequential/dense/kernel'].dtype.str == '<f4'
assert w['dropout'].attrs['weight_names'].shape == (0,)
assert w['top_level_model_weights'].attrs['weight_names'].dtype == 'float64'
config = json.loads(f.attrs['model_config'])
layers = config['config']['layers']
assert [l['class_name'] for l in layers] == ['InputLayer', 'Dense', 'BatchNormalization',
                                             'Dropout', 'Dense']
assert layers[1]['config']['activation'] == 'relu'
assert layers[3]['config']['rate'] == 0.25
training = json.loads(f.attrs['training_config'])
assert training['optimizer_config']['class_name'] == 'Adam'
assert training['loss']['class_name'] == 'MeanSquaredError'
assert f['optimizer_weights'].attrs['weight_names'][0] == 'adam/iteration'
assert list(f['lamina/scaling/scale']) == [1, 2, 4]
)");
    CHECK(std::system((python + " " + script + " " + path).c_str()) == 0);
    auto again = small_model();
    load(again, path);
    CHECK(again.scaling == model.scaling);
}
