// SPDX-License-Identifier: BSD-3-Clause
//
// Text generation with an LSTM, as Keras' walkthroughs do it: a tokenizer, sequences padded to one
// length, an embedding, an LSTM, a softmax over the vocabulary; then text from a prompt, greedily
// and by drawing with a temperature.
//
//     text_generation_lstm [--quick] [text file] [epochs]
//
// The task is to tell the next word from up to 40 words before it. The text is a file of Debian's
// package fortunes, /usr/share/games/fortunes/wisdom, or another one. --quick learns some sayings
// by heart.
#include <lamina/lamina.hpp>

#include "support/fortunes.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>
#include <vector>

using namespace lamina;

constexpr std::size_t length = 40, vocabulary = 2000;

/// Embedding -> LSTM -> softmax over all the words; index 0 is padding.
auto build_model() {
    return compile(Sequential{Tokens<length>{}, Embedding<vocabulary + 1, 64, MaskZero>{},
                              LSTM<128>{}, Dense<vocabulary + 1, Softmax>{}},
                   Adam{.learning_rate = 5e-3f, .clip = {.global_norm = 1}},
                   SparseCategoricalCrossentropy{}, Accuracy{});
}

/// Goes on from a prompt, word by word. The network's state is kept from one word to the next, so
/// that a word costs one moment and not the whole sequence.
template <class Model>
std::string generate(Model const& model, Tokenizer const& tokenizer, std::string const& prompt,
                     std::size_t words, double temperature) {
    Stepper step{model.weights};
    std::mt19937 random(1);
    auto text = tokenizer.texts_to_sequences({prompt})[0];
    float const* next = nullptr;
    for (std::int32_t const& word : text) next = step(&word);
    while (next && words-- > 0 && step.position() < step.limit) {
        auto const word = static_cast<std::int32_t>(
            1 + draw(next + 1, vocabulary, temperature, random)); // never the padding
        text.push_back(word);
        next = step(&word);
    }
    return tokenizer.sequences_to_texts({text})[0];
}

int main(int argc, char** argv) try {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    bool const quick = !arguments.empty() && arguments[0] == "--quick";
    if (quick) arguments.erase(arguments.begin());
    auto sayings =
        read_sayings(arguments.empty() ? "/usr/share/games/fortunes/wisdom" : arguments[0]);
    if (quick) sayings.resize(std::min<std::size_t>(sayings.size(), 15));
    std::size_t const epochs = arguments.size() > 1 ? std::stoul(arguments[1]) : quick ? 25 : 30;

    // Words become numbers, the 2,000 most frequent ones.
    Tokenizer tokenizer{{.num_words = vocabulary + 1}};
    tokenizer.fit_on_texts(sayings);

    // Each word is the target of those before it in its saying.
    std::vector<std::vector<std::int32_t>> before;
    std::vector<std::int32_t> next;
    for (auto const& sequence : tokenizer.texts_to_sequences(sayings))
        for (std::size_t i = 1; i < sequence.size(); ++i) {
            std::size_t const first = i > length ? i - length : 0;
            before.emplace_back(sequence.begin() + std::ptrdiff_t(first),
                                sequence.begin() + std::ptrdiff_t(i));
            next.push_back(sequence[i]);
        }
    auto const x = pad_sequences(before, {.maxlen = length, .padding = Side::post});
    std::printf("%zu sayings, %zu different words, %zu words to tell\n\n", sayings.size(),
                tokenizer.word_index().size(), next.size());

    auto model = build_model();
    std::printf("%s\n", model.summary("text_generation").c_str());
    auto const history = model.fit(x, next, {.epochs = epochs, .batch_size = 64, .verbose = 2});

    std::string const prompt = tokenizer.sequences_to_texts({before[2]})[0];
    std::printf("\nGreedy:          %s\n", generate(model, tokenizer, prompt, 20, 0.0).c_str());
    for (double const temperature : {0.5, 1.0})
        std::printf("Temperature %.1f: %s\n", temperature,
                    generate(model, tokenizer, prompt, 20, temperature).c_str());
    return history["accuracy"].back() > (quick ? 0.6 : 0.3) ? 0 : 1;
} catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
