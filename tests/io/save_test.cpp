// SPDX-License-Identifier: BSD-3-Clause
// alone: what it expects depends on which formats are included
#include <lamina/io/save.hpp>

#include <lamina/io/safetensors.hpp>

#include <lamina/activations/prelu.hpp>
#include <lamina/activations/relu.hpp>
#include <lamina/activations/tanh.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/layers/layer_normalization.hpp>
#include <lamina/layers/residual.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/adagrad.hpp>
#include <lamina/optimizers/adam.hpp>
#include <lamina/optimizers/sgd.hpp>

#include "support/counted_memory.hpp"
#include "support/fault_folder.hpp"
#include "support/kernels.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

Tensor<float, 2> noise(std::size_t rows, std::size_t columns, std::uint64_t seed = 1) {
    auto out = Tensor<float, 2>::from_shape({rows, columns});
    for (std::size_t i = 0; i < out.size(); ++i)
        out.data()[i] = 2 * Random{seed}.uniform(i) - 1;
    return out;
}
bool same_bits(Tensor<float, 2> const& a, Tensor<float, 2> const& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}
/// y = x + by shift, a layer as a user writes it.
struct Shift {
    static constexpr bool nameless = true;
    float by = 2;
    bool upward = true;
    void config(auto const& out) const {
        out("by", by);
        out("upward", upward);
    }
    template <class In>
    struct On {
        using Output = In;
        using Parameters = lamina::Parameters<Parameter<"shift", In, Zeros>>;
        static void forward(auto const& c) {
            for (std::size_t i = 0; i < c.x.size(); ++i)
                c.y[i] = c.x[i] + c.layer.by * c.parameters()[0][i % In::size];
        }
        static void backward(auto const& c) {
            for (std::size_t i = 0; i < c.x.size(); ++i) {
                c.gradients()[0][i % In::size] += c.layer.by * c.dy[i];
                if (c.needs_dx) c.dx[i] = c.dy[i];
            }
        }
    };
};

template <class O = Adam>
auto model_of(O optimizer = {}) {
    return compile(Sequential{Input<3>{}, Dense<5>{}, Tanh{}, BatchNormalization{},
                              Dropout{.rate = 0.25f}, Residual{Dense<5>{}, ReLU{}}, Dense<2>{}},
                   optimizer, MeanSquaredError{});
}

} // namespace

TEST_CASE("a model is saved and loaded bit for bit, with its state and its scaling") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto const x = noise(64, 3), y = noise(64, 2, 2);
    auto model = model_of();
    model.scaling = {{"age", "height \"in\" m"}, {0.1, -1e300}, {1.0 / 3, 2}};
    model.fit(x, y, {.epochs = 2, .batch_size = 16, .seed = 3, .verbose = 0});
    save(model, path);
    auto again = model_of();
    again.initialize(9);
    load(again, path);
    CHECK(same_bits(again.predict(x), model.predict(x)));
    CHECK(again.scaling == model.scaling);
    CHECK(again.progress.steps == 8);
    CHECK(again.progress.seed == 3);
    CHECK(again.progress.epoch == 2);
    CHECK(folder.entries() == 1);

    SafetensorsFile const file(path);
    CHECK(file.find("dense/kernel"));
    CHECK(file.find("batch_normalization/moving_variance"));
    CHECK(file.find("residual/sequential/dense/bias"));
    CHECK(file.find("lamina.optimizer/dense/kernel/1"));
    CHECK(*file.metadata("lamina.optimizer") == "Adam");
}

TEST_CASE("a scaling of any number of columns, with names of any bytes or none, is saved") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto model = model_of(), again = model_of();
    for (std::size_t i = 0; i < 100'000; ++i) {
        model.scaling.names.push_back("column " + std::to_string(i));
        model.scaling.offset.push_back(double(i) / 7);
        model.scaling.scale.push_back(1 / (1 + double(i)));
    }
    model.scaling.names[5] = "\"\xff\n\xc3\xa9\\"; // Latin-1, as many tables are
    save(model, path);
    load(again, path);
    CHECK(again.scaling == model.scaling);
    save(model, path, {.names = Names::torch});
    again.scaling = {};
    load(again, path, {.names = Names::torch});
    CHECK(again.scaling == model.scaling);
    double const none = std::numeric_limits<double>::quiet_NaN();
    for (auto const& fill : {std::vector{none, 7.25}, {-3.0, none}, {0.1, 0.2}}) {
        model.scaling = {{"age", "fare"}, {1, 2.5}, {3, 0.1}, fill};
        save(model, path);
        again.scaling = {};
        load(again, path);
        CHECK(again.scaling == model.scaling);
        CHECK(again.scaling.fill.size() == 2);
    }
    model.scaling = {{}, {0.5, 0.25}, {1, 0.125}}; // an image's channels
    save(model, path);
    load(again, path);
    CHECK(again.scaling == model.scaling);

    auto const loads = [&](std::string const& text) {
        std::vector<std::pair<std::string, std::string>> const metadata{{"lamina.scaling", text}};
        auto const bytes = to_bytes(model_of(), {.optimizer = false});
        SafetensorsFile const file(bytes, "m");
        std::vector<Entry> entries;
        for (std::size_t i = 0; i < file.size(); ++i) {
            auto const t = file[i];
            entries.push_back(
                {std::string(t.name), {t.shape.begin(), t.shape.end()}, t.dtype, t.bytes.data()});
        }
        save_safetensors(path, entries, metadata);
        return message_of<Error>([&] { load(again, path); });
    };
    CHECK(loads(R"([["a", 1, 2.5], ["b", -1e-3, 4]])") == "");
    CHECK(again.scaling == Scaling{{"a", "b"}, {1, -1e-3}, {2.5, 4}});
    for (char const* const wrong :
         {"", "{}", "[", "[1]", R"([["a", 1]])", R"([["a", 1, 2, 3, 4]])", R"([["a", 1, "b"]])",
          R"([["a", 1, 1e999]])", R"([["a", 1, 2], [null, 1, 2]])", R"([["a", 1, 2]] x)"}) {
        CAPTURE(std::string(wrong));
        CHECK(loads(wrong).starts_with(path + ", metadata lamina.scaling: this is not the JSON"));
    }
    CHECK(again.scaling.names.size() == 2); // as it was
}

TEST_CASE("a stopped run goes on bit for bit") {
    auto const x = noise(50, 3), y = noise(50, 2, 2);
    auto const check = [&](auto optimizer) {
        Folder const folder;
        auto const path = folder.path("m.safetensors");
        auto whole = model_of(optimizer), part = whole;
        whole.fit(x, y, {.epochs = 6, .batch_size = 16, .seed = 4, .verbose = 0});
        part.fit(x, y, {.epochs = 2, .batch_size = 16, .seed = 4, .verbose = 0});
        save(part, path);
        auto later = model_of(optimizer);
        later.initialize(123);
        load(later, path);
        later.fit(x, y, {.epochs = 6, .batch_size = 16, .resume = true, .verbose = 0});
        CHECK(same_bits(later.predict(x), whole.predict(x)));
    };
    check(Adam{});
    check(SGD{.momentum = 0.9, .form = Form::torch});
    check(Adagrad{});
}

TEST_CASE("every allocation may fail: building a model, training, predicting, saving, loading") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto const x = noise(64, 3), y = noise(64, 2, 2);
    auto const old = model_of();
    auto trained = model_of();
    auto const train = [&] {
        auto model = model_of();
        model.fit(x, y, {.epochs = 1, .batch_size = 16, .seed = 3, .verbose = 0,
                         .threads = std::size_t{2}});
        return model;
    };
    trained = train();
    auto const expected = trained.predict(x), untouched = old.predict(x);

    /// Lets the k-th allocation of work() fail, for every k; with `keep` all behind it too.
    auto const each_fails = [&](bool keep, auto work, auto check) {
        std::size_t before = 0;
        bool failed = true;
        for (long k = 0; failed; ++k) {
            failed = false;
            counted_memory.reset();
            counted_memory.keep_failing = keep;
            counted_memory.fail_at = k;
            try {
                work();
            } catch (std::bad_alloc const&) {
                failed = true;
            }
            counted_memory.fail_at = -1;
            if (k == 3) before = counted_memory.live; // the test's own have been made
            if (k > 3 && failed) REQUIRE(counted_memory.live == before);
            if (failed) check();
            REQUIRE((failed || k > 1));
        }
    };
    for (bool const keep : {false, true}) {
        CAPTURE(keep);
        each_fails(keep, [&] { trained = train(); }, [] {});
        CHECK(same_bits(trained.predict(x), expected));
        each_fails(keep, [&] { (void)old.predict(x); },
                   [&] { REQUIRE(same_bits(old.predict(x), untouched)); });
        save(old, path);
        std::string const bytes = read_all(path);
        each_fails(keep, [&] { save(trained, path); },
                   [&] {
                       REQUIRE(read_all(path) == bytes);
                       REQUIRE(folder.entries() == 1);
                   });
        auto other = model_of();
        auto const numbers = other.predict(x);
        each_fails(keep, [&] { load(other, path); },
                   [&] { REQUIRE(same_bits(other.predict(x), numbers)); });
        CHECK(same_bits(other.predict(x), expected));
    }
}

TEST_CASE("weights alone, from a model and to one, or from weights themselves") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto const x = noise(32, 3), y = noise(32, 2, 2);
    auto model = model_of();
    model.fit(x, y, {.epochs = 1, .verbose = 0});
    save(model, path, {.optimizer = false});
    CHECK(!SafetensorsFile(path).metadata("lamina.optimizer"));
    auto again = model_of();
    load(again, path);
    CHECK(again.progress.steps == 0);
    CHECK(same_bits(again.predict(x), model.predict(x)));

    save(model, path);
    auto other = model_of(SGD{});   // its optimizer keeps other numbers
    CHECK(message_of<Error>([&] { load(other, path); })
              .find("the optimizer's state is that of Adam, model has SGD") != std::string::npos);
    load(other, path, {.optimizer = false});
    CHECK(other.progress.steps == 0);
    CHECK(same_bits(other.predict(x), model.predict(x)));

    auto weights = model_of().weights;
    load(weights, path);
    CHECK(std::memcmp(weights.values.data(), model.weights.values.data(),
                      model.parameter_count * sizeof(float)) == 0);
    save(weights, path);
    load(again, path);
}

TEST_CASE("float and double files are read into either kind of model") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto single = compile(Sequential{Input<3>{}, Dense<2>{}}, Adam{}, MeanSquaredError{});
    auto twice = compile<double>(Sequential{Input<3>{}, Dense<2>{}}, Adam{}, MeanSquaredError{});
    save(single, path);
    load(twice, path);
    CHECK(twice.weights.values[3] == double(single.weights.values[3]));
    twice.weights.values[3] = 0.1;
    save(twice, path);
    load(single, path);
    CHECK(single.weights.values[3] == 0.1f);
    std::vector<std::int32_t> const kernel(6);
    std::vector<float> const bias(2);
    std::vector<Entry> const entries{Entry::of("dense/kernel", std::span(kernel), {3, 2}),
                                     Entry::of("dense/bias", bias)};
    save_safetensors(path, entries);
    CHECK(message_of<Error>([&] { load(single, path); })
              .find("\"dense/kernel\" holds int32, model layer 1 Dense needs float32") !=
          std::string::npos);
}

TEST_CASE("every difference is said at once, and nothing is changed") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto const x = noise(4, 3);
    auto saved = compile(Sequential{Input<3>{}, Dense<4>{}, ReLU{}, Dense<2>{}}, Adam{},
                         MeanSquaredError{});
    save(saved, path);
    auto model = compile(Sequential{Input<3>{}, Dense<5>{}, LayerNormalization{}, Dense<2>{}},
                         Adam{}, MeanSquaredError{});
    auto const before = model.predict(x);
    CHECK(message_of<Error>([&] { load(model, path); }) ==
          path + ": \"dense/kernel\" is 3x4 float32, model layer 1 Dense needs 3x5; "
                 "\"dense/bias\" is 4 float32, model layer 1 Dense needs 5; "
                 "\"dense_1/kernel\" is 4x2 float32, model layer 3 Dense needs 5x2; "
                 "2 missing (\"layer_normalization/gamma\", \"layer_normalization/beta\"), "
                 "0 extra. Nothing was loaded. For a part of it, load a model like the one that "
                 "was saved, and transfer() from that.");
    CHECK(same_bits(model.predict(x), before));
    auto shallow = compile(Sequential{Input<3>{}, Dense<4>{}}, Adam{}, MeanSquaredError{});
    CHECK(message_of<Error>([&] { load(shallow, path, {.optimizer = false}); }) ==
          path + ": 0 missing, 2 extra (\"dense_1/bias\", \"dense_1/kernel\"). Nothing was "
                 "loaded. {.allow_extra = true} leaves them aside.");
    load(shallow, path, {.optimizer = false, .allow_extra = true});
    CHECK(shallow.weights.values[0] == saved.weights.values[0]);
    save(shallow, path);
    CHECK(message_of<Error>([&] { load(saved, path); }) ==
          path + ": 2 missing (\"dense_1/kernel\", \"dense_1/bias\"), 0 extra. Nothing was "
                 "loaded. {.allow_missing = true} keeps the model's own.");
    auto renamed = compile(Sequential{Input<3>{}, named<"first">(Dense<4>{})}, Adam{},
                           MeanSquaredError{});
    CHECK(message_of<Error>([&] { load(renamed, path); }) ==
          path + ": 2 missing (\"first/kernel\", \"first/bias\"), 2 extra (\"dense/bias\", "
                 "\"dense/kernel\"). Nothing was loaded. Are they the same under other names? "
                 "named<\"encoder\">(layer) calls a layer as the file does. For what both have: "
                 "{.optimizer = false, .allow_extra = true, .allow_missing = true}.");
    // of which there is nothing here: no model goes on as it was without a word
    CHECK(message_of<Error>([&] {
              load(renamed, path,
                   {.optimizer = false, .allow_extra = true, .allow_missing = true});
          }) == path + ": none of its 6 tensors has the name of one of the model, "
                       "\"first/kernel\" for one. Nothing was loaded.");
    saved.initialize(5);
    float const kept = saved.weights.values[20];
    load(saved, path, {.optimizer = false, .allow_missing = true});
    CHECK(saved.weights.values[0] == shallow.weights.values[0]);
    CHECK(saved.weights.values[20] == kept);
}

TEST_CASE("a model goes through memory as through a file") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto const x = noise(64, 3), y = noise(64, 2, 2);
    auto model = model_of();
    model.fit(x, y, {.epochs = 1, .verbose = 0});
    SaveOptions const with{.attachments = {{"note", "a text"}}};
    save(model, path, with);
    auto bytes = to_bytes(model, with);
    auto const file = read_all(path);
    REQUIRE(bytes.size() == file.size());
    CHECK(std::memcmp(bytes.data(), file.data(), file.size()) == 0);
    auto again = model_of();
    from_bytes(again, bytes);
    model.fit(x, y, {.epochs = 1, .verbose = 0});
    again.fit(x, y, {.epochs = 1, .verbose = 0});
    CHECK(same_bits(model.predict(x), again.predict(x)));
    auto weights = model_of().weights;
    from_bytes(weights, to_bytes(model.weights));
    CHECK(weights.values[0] == model.weights.values[0]);
    load(weights, path);
    write_all(path, {reinterpret_cast<char const*>(bytes.data()), bytes.size()});
    load(again, path);
    bytes.back() ^= std::byte{1};
    CHECK(message_of<Error>([&] { from_bytes(again, bytes); }).starts_with("from_bytes: "));
    CHECK(message_of<Error>([&] { from_bytes(again, std::span(bytes).first(4)); })
              .starts_with("from_bytes: is 4 bytes long"));
}

TEST_CASE("NaN and infinity are noticed") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto model = model_of();
    for (float const bad : {std::numeric_limits<float>::quiet_NaN(),
                            -std::numeric_limits<float>::infinity()}) {
        model.weights.values[16] = bad;
        save(model, path);
        auto again = model_of();
        CHECK(message_of<Error>([&] { load(again, path); })
                  .find("tensor \"dense/bias\" holds NaN or infinity at its number 1") !=
              std::string::npos);
        CHECK(again.weights.values[16] == 0);
        load(again, path, {.require_finite = false});
        CHECK(std::memcmp(&again.weights.values[16], &bad, 4) == 0);
    }
}

TEST_CASE("a PyTorch state_dict of a Sequential") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto model = compile(Sequential{Input<2>{}, Dense<3>{}, PReLU{}, BatchNormalization{},
                                    LayerNormalization{}, Dense<1, NoBias>{}},
                         Adam{}, MeanSquaredError{});
    std::vector<float> const weight{1, 2, 3, 4, 5, 6}, bias{7, 8, 9}, last{1, 1, 1}, three(3, 0.5f),
        ones(3, 1.0f), zeros(3, 0.0f);
    std::vector<std::int64_t> const batches{12};
    std::string const prefix = "net.";
    std::vector<Entry> const entries{
        Entry::of(prefix + "0.weight", std::span(weight), {3, 2}),   // (out, in)
        Entry::of(prefix + "0.bias", bias), Entry::of(prefix + "1.weight", three),
        Entry::of(prefix + "2.weight", ones), Entry::of(prefix + "2.bias", zeros),
        Entry::of(prefix + "2.running_mean", three), Entry::of(prefix + "2.running_var", ones),
        Entry::of(prefix + "2.num_batches_tracked", std::span(batches), {}),
        Entry::of(prefix + "3.weight", ones), Entry::of(prefix + "3.bias", bias),
        Entry::of(prefix + "10.weight", std::span(last), {1, 3})};   // 10 comes after 3
    save_safetensors(path, entries);
    load(model, path, {.names = Names::torch});
    float const* const kernel = model.weights.values.data();
    CHECK(std::vector<float>(kernel, kernel + 6) == std::vector<float>{1, 3, 5, 2, 4, 6});
    CHECK(kernel[6] == 7);
    CHECK(model.weights.state[0] == 0.5f);
    auto const wrong = message_of<Error>([&] { load(model, path); });
    CHECK(wrong.find("10 missing") != std::string::npos);
}

TEST_CASE("a PyTorch state_dict of named modules") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto model = compile(Sequential{Input<2>{}, named<"encoder">(Dense<3>{}), Tanh{},
                                    named<"head">(Dense<1>{})}, Adam{}, MeanSquaredError{});
    std::vector<float> const weight{1, 2, 3, 4, 5, 6}, bias{7, 8, 9}, one{1};
    std::vector<Entry> entries{Entry::of("encoder.weight", std::span(weight), {3, 2}),
                               Entry::of("encoder.bias", bias),
                               Entry::of("head.weight", std::span(bias), {1, 3}),
                               Entry::of("head.bias", one)};
    save_safetensors(path, entries);
    load(model, path, {.names = Names::torch});
    CHECK(model.weights.values[1] == 3);
    CHECK(message_of<Error>([&] { load(model, path); }) ==
          path + ": 4 missing (\"encoder/kernel\", \"encoder/bias\", \"head/kernel\", "
                 "\"head/bias\"), 4 extra (\"encoder.bias\", \"encoder.weight\", "
                 "\"head.bias\", \"head.weight\"). Nothing was loaded. Are they PyTorch's names? "
                 "load(model, path, {.names = Names::torch}) reads those.");
    entries[0].name = "module.weight"; // under PyTorch's names, and others
    save_safetensors(path, entries);
    CHECK(message_of<Error>([&] { load(model, path, {.names = Names::torch}); }) ==
          path + ": 1 missing (\"encoder.weight\"), 1 extra (\"module.weight\"). Nothing was "
                 "loaded. Are they the same under other names? named<\"encoder\">(layer) calls a "
                 "layer as the file does. For what both have: {.optimizer = false, .allow_extra = "
                 "true, .allow_missing = true}.");
    entries[0].name = "encoder.weight";
    entries[0].shape = {2, 3};
    save_safetensors(path, entries);
    CHECK(message_of<Error>([&] { load(model, path, {.names = Names::torch}); })
              .find("\"encoder.weight\" is 2x3 float32, model layer 1 Dense needs 3x2") !=
          std::string::npos);
    // numbers of a Sequential, and a layer more than the file has
    entries.resize(2);
    entries[0] = Entry::of("0.weight", std::span(weight), {3, 2});
    entries[1].name = "0.bias";
    save_safetensors(path, entries);
    CHECK(message_of<Error>([&] { load(model, path, {.names = Names::torch}); }) ==
          path + ": 2 missing (\"head.weight\", \"head.bias\"), 0 extra. Nothing was loaded. "
                 "{.allow_missing = true} keeps the model's own.");
}

TEST_CASE("texts travel with a model") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto model = model_of();
    std::string const json = "{\"words\": [\"caf\u00e9\", \"\\\"\"]}\n", none;
    save(model, path, {.attachments = {{"tokenizer", json}, {"a name", none}}});
    CHECK(read_attachment(path, "tokenizer") == json);
    CHECK(read_attachment(path, "a name") == "");
    CHECK(message_of<Error>([&] { read_attachment(path, "vocabulary"); }) ==
          path + ": has no attachment \"vocabulary\". Give it to save(): {.attachments = "
                 "{{\"vocabulary\", text}}}.");
    load(model, path);
    CHECK(message_of<Error>([&] { read_attachment("m.onnx", "x"); }).find("no known format") !=
          std::string::npos);
    CHECK(message_of<Error>([&] { read_attachment(folder.path("n.safetensors"), "x"); })
              .find("No such file") != std::string::npos);
    save(model, path, {.names = Names::torch, .attachments = {{"tokenizer", json}}});
    CHECK(read_attachment(path, "tokenizer") == json);
}

TEST_CASE("texts of any length travel with a model") { // a tokenizer's may be 30 MB
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto model = model_of();
    for (std::string const piece : {"x", "\u00e9", "\u20ac", "\U0001f600", "\x01", "\\"})
        for (std::size_t const ahead : {0u, 1u, 2u, 3u}) {
            CAPTURE(piece);
            CAPTURE(ahead);
            std::string text(ahead, 'a'); // so that a piece may end within a character
            while (text.size() < 600'000) text += piece;
            save(model, path, {.attachments = {{"a", text}, {"b", "short"}}});
            CHECK(read_attachment(path, "a") == text);
            CHECK(read_attachment(path, "b") == "short");
        }
    std::string long_text(9'000'000, 'x'), other(262'144, 'y');
    save(model, path, {.attachments = {{"a", long_text}, {"exactly one piece", other}}});
    CHECK(read_attachment(path, "a") == long_text);
    CHECK(read_attachment(path, "exactly one piece") == other);
    load(model, path);
    auto const bytes = to_bytes(model, {.attachments = {{"a", long_text}}});
    from_bytes(model, bytes);
}

TEST_CASE("a suffix that is not known, or whose header is not included") {
    auto model = model_of();
    auto const why = [&](std::string const& path) {
        return message_of<Error>([&] { save(model, path); });
    };
    CHECK(why("a/model.pt") ==
          "a/model.pt: PyTorch's pickles are neither read nor written. In Python, "
          "safetensors.torch has save_file(state_dict, \"model.safetensors\") and load_file(); "
          "load() and save() it here with {.names = Names::torch}.");
    CHECK(why("a/model.onnx") == "a/model.onnx: its suffix says no known format. Call it "
                                 ".safetensors or .h5.");
    CHECK(why("model").find("no known format") != std::string::npos);
    CHECK(why("a.h5/model").find("no known format") != std::string::npos);
    CHECK(why("").find("no known format") != std::string::npos);
    CHECK(why("model.h5") == "model.h5: this part of the program cannot read or write .h5 files. "
                             "Write #include <lamina/io/keras_hdf5.hpp> where save() or load() is "
                             "called, and link lamina::hdf5.");
    CHECK(message_of<Error>([&] { load(model, "model.HDF5"); }).find(".hdf5") != std::string::npos);
    Folder const folder;
    save(model, folder.path("UPPER.SafeTensors"));
    CHECK(folder.entries() == 1);
}

TEST_CASE("layers without a name get one, each another; a user's layer tells its options") {
    auto model = compile(Sequential{Input<3>{}, Shift{}, Dense<3>{}, Shift{.by = 0.25f}},
                         Adam{}, MeanSquaredError{});
    auto const parts = detail::parts_of(model);
    auto const document = detail::document_of(detail::view_of(model, parts.data()));
    std::string names;
    for (auto const& p : document.parameters) names += p.name + " ";
    CHECK(names == "layer/shift dense/kernel dense/bias layer_1/shift ");
    CHECK(document.layers[3].part.type == "Shift");
    REQUIRE(document.layers[3].part.settings.size() == 2);
    CHECK(*document.layers[3].part.find("by") == "0.25");
    CHECK(*document.layers[3].part.find("upward") == "true");
}

TEST_CASE("the list of formats is part of the function's type") {
    // in this file there is safetensors and nothing else
    using M = decltype(model_of());
    CHECK(std::is_same_v<decltype(format_at(detail::FormatSlot<0, M>{})),
                         detail::SafetensorsFormat>);
    CHECK(std::is_same_v<decltype(format_at(detail::FormatSlot<1, M>{})), detail::NoFormat>);
}
