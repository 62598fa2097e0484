// SPDX-License-Identifier: BSD-3-Clause
//
// Text classification with a Transformer's encoder, as PyTorch's walkthroughs do it: embedding,
// encoder layers, the mean over time, a linear layer, cross-entropy, Adam. Then the whole
// Transformer, encoder and decoder, on a task that needs both: writing a number backwards.
//
//     transformer_classification [--quick] [folder of WordNet]
//     transformer_classification --data train.csv [test.csv]
//
// The texts are WordNet's definitions, the classes noun, verb, adjective and adverb; with --data a
// table with the columns review and sentiment, such as the IMDb reviews.
#include <lamina/lamina.hpp>

#include "support/wordnet.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

using namespace lamina;

// ---- The encoder classifies ---------------------------------------------------------------------

/// Words -> vectors with their positions -> encoder layers -> mean over the words -> scores.
template <std::size_t Length, std::size_t Vocabulary, std::size_t Width, std::size_t Classes>
auto build_classifier() {
    using Words = Embedding<Vocabulary, Width, MaskZero>;
    using Layer = TransformerEncoderLayer<8, 2 * Width>;
    return compile(Sequential{Tokens<Length>{}, Words{}, SinusoidalPositionEncoding{},
                              Dropout{.rate = 0.1f}, Layer{.dropout = 0.1f},
                              GlobalAveragePooling1D{}, Dropout{.rate = 0.3f}, Dense<Classes>{}},
                   Adam{.learning_rate = 1e-3f}, SparseCategoricalCrossentropyFromLogits{},
                   Accuracy{});
}

template <std::size_t Length, std::size_t Vocabulary, std::size_t Width, std::size_t Classes>
double classify(LabelledTexts const& train, LabelledTexts const& test, std::size_t epochs,
                std::size_t batch_size) {
    Tokenizer tokenizer{{.num_words = Vocabulary, .oov_token = "<OOV>"}};
    tokenizer.fit_on_texts(train.texts);
    auto const rows = [&](std::vector<std::string> const& texts) {
        return pad_sequences(tokenizer.texts_to_sequences(texts),
                             {.maxlen = Length, .padding = Side::post, .truncating = Side::post});
    };
    auto const x_train = rows(train.texts), x_test = rows(test.texts);

    auto model = build_classifier<Length, Vocabulary, Width, Classes>();
    std::printf("%s\n", model.summary("transformer_classification").c_str());
    model.fit(x_train, train.labels, {.epochs = epochs, .batch_size = batch_size});
    auto const [loss, accuracy] = model.evaluate(x_test, test.labels);
    std::printf("Test accuracy: %.4f (loss %.4f)\n\n%s\n", accuracy, loss,
                evaluate_metric<Shape<Classes>>(ConfusionMatrix{}, model.predict(x_test),
                                                to_categorical(test.labels, Classes))
                    .text(test.classes)
                    .c_str());
    return accuracy;
}

// ---- Encoder and decoder ------------------------------------------------------------------------

constexpr std::size_t digits = 8;
constexpr std::int32_t begin_token = 10; // behind the ten digits

/// The encoder reads the number; the decoder writes, and looks at what the encoder made of it. It
/// sees what it has written before: its input is the answer, one place later.
constexpr auto reverser = graph<Tokens<digits>, Tokens<digits>>([](auto number, auto written) {
    constexpr std::size_t features = 32;
    using Encoder = TransformerEncoderLayer<4, 64>;
    using Decoder = TransformerDecoderLayer<4, 64>;
    auto const memory = number | Embedding<11, features>{} | PositionEmbedding{} | Encoder{};
    auto const before = written | Embedding<11, features>{} | PositionEmbedding{};
    return join(before, memory) | Decoder{} | Dense<10>{};
});

double reverse(std::size_t epochs) {
    constexpr std::size_t count = 4000;
    auto number = Tensor<std::int32_t, 2>::from_shape({count, digits}), before = number,
         answer = number;
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t t = 0; t < digits; ++t)
            number(i, t) = std::int32_t(Random{1}.below(i * digits + t, 10));
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t t = 0; t < digits; ++t) {
            answer(i, t) = number(i, digits - 1 - t);
            before(i, t) = t == 0 ? begin_token : answer(i, t - 1);
        }
    auto model = compile(reverser, Adam{.learning_rate = 2e-3f},
                         SparseCategoricalCrossentropyFromLogits{}, Accuracy{});
    model.fit({number, before}, answer, {.epochs = epochs, .batch_size = 64, .verbose = 2});

    // Write digit by digit: the encoder runs once, the decoder keeps its keys and values.
    Stepper<typename decltype(model)::Network, 1> decode{model.weights};
    std::size_t right = 0;
    constexpr std::size_t tests = 200;
    for (std::size_t i = 0; i < tests; ++i) {
        std::int32_t asked[digits], said[digits];
        for (std::size_t t = 0; t < digits; ++t)
            asked[t] = std::int32_t(Random{2}.below(i * digits + t, 10)); // never seen
        decode.start(asked);
        std::int32_t token = begin_token;
        bool correct = true;
        for (std::size_t t = 0; t < digits; ++t) {
            float const* const scores = decode(&token);
            token = said[t] = std::int32_t(std::max_element(scores, scores + 10) - scores);
            correct = correct && token == asked[digits - 1 - t];
        }
        right += correct;
        for (std::size_t t = 0; i < 3 && t < digits; ++t)
            std::printf("%d%s", asked[t], t + 1 < digits ? "" : " backwards is ");
        for (std::size_t t = 0; i < 3 && t < digits; ++t)
            std::printf("%d%s", said[t], t + 1 < digits ? "" : "\n");
    }
    std::printf("%zu of %zu new numbers written backwards without a mistake\n", right, tests);
    return double(right) / tests;
}

int main(int argc, char** argv) try {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    if (!arguments.empty() && arguments[0] == "--data") {
        if (arguments.size() < 2) throw std::runtime_error("--data takes a table: reviews.csv");
        auto const read = [](std::string const& path) {
            return labelled_texts(read_csv(path), "review", "sentiment");
        };
        auto [train, test] = read(arguments[1]).split({.test = 0.2f, .seed = 42});
        if (arguments.size() > 2) {
            train = read(arguments[1]);
            test = read(arguments[2]);
        }
        return classify<200, 5000, 64, 2>(train, test, 4, 32) > 0.7 ? 0 : 1;
    }
    bool const quick = !arguments.empty() && arguments[0] == "--quick";
    auto const all =
        read_wordnet(arguments.size() > quick ? arguments.back() : "/usr/share/wordnet");
    auto const [most, part] = all.split({.test = quick ? 0.03f : 0.25f, .seed = 42});
    auto const [train, test] = part.split({.test = 0.1f, .seed = 42});
    double const accuracy = classify<24, 4000, 64, 4>(train, test, quick ? 5 : 4, 64);
    double const reversed = reverse(quick ? 3 : 6);
    return accuracy > (quick ? 0.8 : 0.87) && reversed > (quick ? 0.5 : 0.95) ? 0 : 1;
} catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
