// SPDX-License-Identifier: BSD-3-Clause
//
// A language model of Llama's kind that tells stories: root mean square norms, rotary positions,
// heads that share keys and values, SwiGLU, and an output tied to the embedding. Its weights come
// from a file; it continues a text token by token, with the keys and values of the past in memory.
//
//     stories stories260K.safetensors tok512.json [text [tokens]]
//     stories stories260K.safetensors --reference reference.safetensors
//     stories
//
// The weights are those of karpathy/tinyllamas' stories260K (MIT), one tensor for each of PyTorch's
// names, trained on TinyStories (Eldan and Li, 2023). The second form compares logits and the
// greedy continuation with numbers that were computed elsewhere (in/ids, out/logits,
// out/greedy_ids). Without arguments the model has random weights, and what it computes token by
// token is compared with the whole sequence at once.
#include <lamina/io/safetensors_file.hpp>
#include <lamina/lamina.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

using namespace lamina;

constexpr std::size_t vocabulary = 512, longest = 512, features = 64, hidden = 172;

/// One layer of Llama: x + attention(norm(x)), then the same with a gated feed-forward network.
struct Layer {
    constexpr auto operator()(AnyNode auto x) const {
        using Attention = MultiHeadAttention<8, 8, KeyValueHeads<4>, Rotary<>, Causal, NoBias>;
        RMSNormalization const norm{.epsilon = 1e-5f};
        auto a = x + (x | named<"attention_norm">(norm) | named<"attention">(Attention{}));
        return a + (a | named<"ffn_norm">(norm)
                      | named<"feed_forward">(GatedFeedForward<hidden, SiLU, NoBias>{}));
    }
};

constexpr auto llama = graph<Tokens<longest>>([](auto tokens) {
    auto words = tokens | named<"tok_embeddings">(Embedding<vocabulary, features>{});
    auto h = words | Layer{} | Layer{} | Layer{} | Layer{} | Layer{};
    return h | named<"norm">(RMSNormalization{.epsilon = 1e-5f}) | tied(words);
});
using Llama = Network<std::remove_const_t<decltype(llama)>, float>;

/// The name in the file of a tensor that is called so here: "layer_2/attention", "query_kernel" is
/// layers.2.attention.wq.
std::string name_in_file(std::string path, std::string_view tensor) {
    static constexpr char const* names[][2]{
        {"query_kernel", "wq"}, {"key_kernel", "wk"}, {"value_kernel", "wv"},
        {"output_kernel", "wo"}, {"gate_proj", "w1"}, {"down_proj", "w2"}, {"up_proj", "w3"}};
    if (path.rfind("layer/", 0) == 0) path.insert(5, "_0");
    if (path.rfind("layer_", 0) == 0) path.replace(0, 6, "layers.");
    path += std::string("/") + std::string(tensor);
    std::replace(path.begin(), path.end(), '/', '.');
    for (auto const& [here, there] : names)
        if (auto const at = path.find(here); at != path.npos)
            return path.substr(0, at) + there + ".weight";
    return path.substr(0, path.rfind('.')) + ".weight";
}

/// Kernels stand in the file as PyTorch has them, (out, in); here they are (in, out).
Weights<Llama> load_weights(std::string const& path) {
    SafetensorsFile const file(path);
    Weights<Llama> weights(llama);
    Paths<float> const paths(Llama::table.data(), Llama::size, Llama::graph.scopes.data(),
                             Llama::graph.scopes.size());
    for (int i = 0; i < Llama::size; ++i) {
        auto const& row = Llama::table[std::size_t(i)];
        if (row.owner != i) continue;   // the output's parameters are the embedding's
        float* to = weights.values.data() + Llama::inference.rows[i].parameters;
        for (std::size_t k = 0; k < row.op->parameter_count; ++k) {
            auto const& tensor = row.op->parameter_tensors[k];
            std::string const name = name_in_file(paths[i], tensor.name);
            auto const stored = file.find(name);
            if (!stored || stored->size() != tensor.extents.size)
                throw Error(Error::Kind::argument, path,
                            "has no tensor " + name + " of " +
                                std::to_string(tensor.extents.size) + " numbers.");
            auto const from = stored->values<float>();
            bool const kernel = tensor.name.find("kernel") != tensor.name.npos;
            std::size_t const out = kernel ? stored->shape[0] : 1, in = from.size() / out;
            for (std::size_t o = 0; o < out; ++o)
                for (std::size_t j = 0; j < in; ++j) to[j * out + o] = from[o * in + j];
            to += tensor.extents.size;
        }
    }
    return weights;
}

/// Byte-pair encoding as SentencePiece has it: of two neighbours that make a token together, those
/// are joined first whose token comes first in the list.
class Pieces {
public:
    explicit Pieces(std::string const& path) {
        std::ifstream file(path);
        if (!file) throw Error(Error::Kind::file, path, "cannot be read.");
        all_ = nlohmann::json::parse(file).get<std::vector<std::string>>();
    }
    std::vector<std::int32_t> encode(std::string const& text) const {
        std::vector<std::int32_t> tokens{1};   // the beginning of a text
        std::vector<std::string> parts;
        for (char const c : " " + text) {   // whole characters of UTF-8
            bool const begins = (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
            if (begins) parts.emplace_back();
            parts.back() += c;
        }
        while (parts.size() > 1) {
            std::size_t best = 0;
            std::int32_t first = std::int32_t(all_.size());
            for (std::size_t i = 0; i + 1 < parts.size(); ++i)
                if (auto const id = find(parts[i] + parts[i + 1]); id >= 0 && id < first)
                    best = i, first = id;
            if (first == std::int32_t(all_.size())) break;
            parts[best] += parts[best + 1];
            parts.erase(parts.begin() + std::ptrdiff_t(best) + 1);
        }
        for (auto const& part : parts)
            if (auto const id = find(part); id >= 0) tokens.push_back(id);
            else   // byte by byte
                for (char const c : part)
                    tokens.push_back(3 + std::int32_t(static_cast<unsigned char>(c)));
        return tokens;
    }
    std::string decode(std::int32_t token) const {
        if (token >= 3 && token < 259) return std::string(1, static_cast<char>(token - 3));
        return all_.at(std::size_t(token));
    }

private:
    std::vector<std::string> all_;
    std::int32_t find(std::string const& piece) const {
        auto const at = std::find(all_.begin() + 259, all_.end(), piece);
        return at == all_.end() ? -1 : std::int32_t(at - all_.begin());
    }
};

std::int32_t most_likely(float const* logits) {
    return std::int32_t(std::max_element(logits, logits + vocabulary) - logits);
}

/// The tokens given and, after them, the most likely ones: `count` together, or until the text
/// ends. show(token) is told each that is new.
template <class Show>
std::vector<std::int32_t> continue_text(Weights<Llama> const& weights,
                                        std::vector<std::int32_t> tokens, std::size_t count,
                                        Show const& show) {
    Stepper step(weights);
    std::int32_t next = 0;
    for (std::size_t t = 0; t < std::min(count, longest); ++t) {
        if (t == tokens.size()) {
            if (next == 1) break;   // another text would begin
            tokens.push_back(next);
            show(next);
        }
        next = most_likely(step(&tokens[t]));
    }
    return tokens;
}

int tell(std::string const& model, std::string const& pieces_path, std::string const& text,
         std::size_t count) {
    auto const weights = load_weights(model);
    Pieces const pieces(pieces_path);
    auto const start = std::chrono::steady_clock::now();
    std::printf("%s", text.c_str());
    auto const tokens =
        continue_text(weights, pieces.encode(text), count, [&](std::int32_t token) {
            std::printf("%s", pieces.decode(token).c_str());
            std::fflush(stdout);
        });
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - start;
    std::printf("\n\n%zu tokens, %.0f in a second\n", tokens.size(),
                double(tokens.size()) / took.count());
    return 0;
}

int compare(std::string const& model, std::string const& reference_path) {
    auto const weights = load_weights(model);
    SafetensorsFile const reference(reference_path);
    auto const tensor = [&](char const* name) {
        auto const found = reference.find(name);
        if (!found)
            throw Error(Error::Kind::data, reference_path, std::string("has no tensor ") + name);
        return *found;
    };
    auto const tokens_of = [&](char const* name) {
        auto const wide = tensor(name).values<std::int64_t>();
        return std::vector<std::int32_t>(wide.begin(), wide.end());
    };
    auto const ids = tokens_of("in/ids"), greedy = tokens_of("out/greedy_ids");
    auto const logits = tensor("out/logits").values<double>();

    Stepper step(weights);
    double stepped = 0, whole = 0;
    for (std::size_t t = 0; t < ids.size(); ++t) {
        float const* const y = step(&ids[t]);
        for (std::size_t j = 0; j < vocabulary; ++j)
            stepped = std::max(stepped, std::abs(double(y[j]) - logits[t * vocabulary + j]));
    }
    auto padded = ids;
    padded.resize(longest);   // later tokens change nothing
    void const* const inputs[]{padded.data()};
    Workspace<Llama> work;
    float const* const y = predict(weights, work, inputs, 1);
    for (std::size_t i = 0; i < logits.size(); ++i)
        whole = std::max(whole, std::abs(double(y[i]) - logits[i]));
    std::printf("largest distance of a logit: %.2e token by token, %.2e at once\n", stepped, whole);

    auto const told = continue_text(weights, {greedy[0]}, greedy.size(), [](std::int32_t) {});
    auto const differs = std::mismatch(told.begin(), told.end(), greedy.begin(), greedy.end());
    auto const same = std::size_t(differs.first - told.begin());
    std::printf("greedy continuation: %zu of %zu tokens are the same\n", same, greedy.size());
    return stepped < 1e-4 && whole < 1e-4 && same == greedy.size() ? 0 : 1;
}

int check_random() {
    Weights<Llama> const weights(llama, 7);
    std::vector<std::int32_t> tokens(longest);
    for (std::size_t t = 0; t < longest; ++t)
        tokens[t] = std::int32_t(Random{1}.below(t, vocabulary));
    void const* const inputs[]{tokens.data()};
    Workspace<Llama> work;
    float const* const whole = predict(weights, work, inputs, 1);
    Stepper step(weights);
    double apart = 0;
    for (std::size_t t = 0; t < longest; ++t) {
        float const* const y = step(&tokens[t]);
        for (std::size_t j = 0; j < vocabulary; ++j)
            apart = std::max(apart, std::abs(double(y[j] - whole[t * vocabulary + j])));
    }
    std::printf("%zu parameters with random values. Token by token and at once, the logits are "
                "%.1e apart.\nGive the files of weights and of the tokenizer to hear a story.\n",
                Llama::parameters, apart);
    return apart < 1e-4 ? 0 : 1;
}

int main(int argc, char** argv) {
    try {
        if (argc == 1) return check_random();
        std::string const model = argv[1];
        if (argc == 4 && std::string_view(argv[2]) == "--reference")
            return compare(model, argv[3]);
        if (argc >= 3 && argc <= 5)
            return tell(model, argv[2], argc > 3 ? argv[3] : "Once upon a time",
                        argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 200);
        std::fprintf(stderr, "stories [model.safetensors [tokens.json [text [count]]]]\n");
        return 2;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
