// SPDX-License-Identifier: BSD-3-Clause
//
// A small GPT: characters, learned positions, causal Transformer layers, the embedding matrix once
// more as the output; then text from a prompt, with the keys and values of the past kept.
//
//     text_generation_gpt [--quick] [text file] [epochs]
//
// The text is a file of Debian's package fortunes, /usr/share/games/fortunes/wisdom, or another
// one. The form is that of Radford et al. (2019), "Language models are unsupervised multitask
// learners": the norm comes first, GELU, tied weights.
#include <lamina/lamina.hpp>

#include "support/fortunes.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <random>
#include <string>
#include <vector>

using namespace lamina;

constexpr std::size_t characters = 128; // ASCII: a character is its number
constexpr std::size_t context_length = 128, features = 96, heads = 6;

/// Characters -> embedding + position -> layers -> a score for each character that may come next.
constexpr auto gpt = graph<Tokens<context_length>>([](auto text) {
    using Small = EmbeddingsInitializer<RandomNormal<0, 2, 100>>;
    using Layer = TransformerEncoderLayer<heads, 4 * features, GELU, PreNorm, Causal>;
    auto const letters = text | Embedding<characters, features, Small>{};
    return letters | PositionEmbedding{} | Dropout{.rate = 0.1f} |
           repeat<3>(Layer{.dropout = 0.1f}) | LayerNormalization{.epsilon = 1e-5f} | tied(letters);
});

auto build_model() {
    return compile(gpt, AdamW{.learning_rate = 2e-3, .weight_decay = 0.01},
                   SparseCategoricalCrossentropyFromLogits{}, Accuracy{});
}

/// The text as numbers; what is not ASCII is left out.
std::vector<std::int32_t> encode(std::string const& text) {
    std::vector<std::int32_t> tokens;
    for (char const c : text)
        if (c > 0) tokens.push_back(c);
    return tokens;
}

/// Goes on from a prompt. Each character costs one moment: attention keeps the keys and values of
/// the past. At the end of the context it begins again behind the last half of it.
template <class Model>
std::string generate(Model const& model, std::string text, std::size_t count, double temperature) {
    Stepper step{model.weights};
    std::mt19937 random(1);
    float const* scores = nullptr;
    auto const feed = [&](std::string const& s) {
        for (std::int32_t const token : encode(s)) scores = step(&token);
    };
    feed(text);
    while (count-- > 0) {
        std::array<float, characters> p{}; // softmax of the scores
        float const top = *std::max_element(scores, scores + characters);
        for (std::size_t i = 0; i < characters; ++i) p[i] = std::exp(scores[i] - top);
        text += static_cast<char>(draw(p.data(), characters, temperature, random));
        if (step.position() < step.limit) {
            feed(text.substr(text.size() - 1));
        } else {
            step.start();
            feed(text.substr(text.size() - context_length / 2));
        }
    }
    return text;
}

int main(int argc, char** argv) try {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    bool const quick = !arguments.empty() && arguments[0] == "--quick";
    if (quick) arguments.erase(arguments.begin());
    std::string text =
        read_text(arguments.empty() ? "/usr/share/games/fortunes/wisdom" : arguments[0]);
    if (quick) text.resize(std::min<std::size_t>(text.size(), 6000));
    std::size_t const epochs = arguments.size() > 1 ? std::stoul(arguments[1]) : quick ? 7 : 20;

    // Pieces of the text; the target of each character is the one behind it.
    auto const tokens = encode(text);
    std::size_t const stride = context_length / 4;
    if (tokens.size() < 2 * context_length) throw std::runtime_error("The text is too short.");
    std::size_t const pieces = (tokens.size() - 1 - context_length) / stride + 1;
    auto x = Tensor<std::int32_t, 2>::from_shape({pieces, context_length}), y = x;
    for (std::size_t i = 0; i < pieces; ++i)
        for (std::size_t t = 0; t < context_length; ++t) {
            x(i, t) = tokens[i * stride + t];
            y(i, t) = tokens[i * stride + t + 1];
        }

    auto model = build_model();
    std::printf("%s\n", model.summary("gpt").c_str());
    auto const history = model.fit(x, y, {.epochs = epochs, .batch_size = quick ? 8u : 16u});

    std::string const prompt = "The ";
    std::printf("\nGreedy:\n%s\n", generate(model, prompt, 200, 0.0).c_str());
    auto const begin = std::chrono::steady_clock::now();
    auto const written = generate(model, prompt, 400, 0.8);
    std::chrono::duration<double> const spent = std::chrono::steady_clock::now() - begin;
    std::printf("\nTemperature 0.8:\n%s\n\n%.0f characters a second\n", written.c_str(),
                400 / spent.count());

    // character by character, with memory, is what the whole sequence at once gives
    auto const whole = model.predict(Array(x.data(), {1, context_length}));
    Stepper step{model.weights};
    float most = 0;
    for (std::size_t t = 0; t < context_length; ++t) {
        float const* const scores = step(&x(0, t));
        for (std::size_t i = 0; i < characters; ++i)
            most = std::max(most, std::abs(scores[i] - whole(0, t, i)));
    }
    std::printf("Token by token and all at once differ by at most %.1e\n", double(most));
    return most < 1e-3f && history["loss"].back() < (quick ? 2.95 : 1.6) ? 0 : 1;
} catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
