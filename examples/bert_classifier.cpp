// SPDX-License-Identifier: BSD-3-Clause
//
// A small BERT (Devlin et al., 2019): an encoder of Transformer layers learns the language from
// texts without labels, by filling in tokens that were masked. Then it is fine-tuned on few texts
// with labels, its lower layers frozen, and compared with the same network that never saw the
// others.
//
//     bert_classifier [--quick] [folder of WordNet]
//     bert_classifier --data train.csv test.csv
//
// The texts are WordNet's definitions (Debian's package wordnet-base), the classes noun, verb,
// adjective and adverb; with --data tables with the columns review and sentiment, such as the IMDb
// reviews. --quick takes a tenth of the definitions.
#include <lamina/data/word_piece.hpp>
#include <lamina/lamina.hpp>

#include "support/wordnet.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace lamina;

// ---- The networks -------------------------------------------------------------------------------

constexpr std::size_t features = 32, heads = 4, hidden = 128;

template <bool Frozen>
constexpr auto frozen_if(auto layer) {
    if constexpr (Frozen) return frozen(layer);
    else return layer;
}

/// Tokens and segments -> vectors that know their neighbours: what all networks here share. Gives
/// the words too, so that an output can be tied to them. Frozen: the embeddings and the first layer
/// stay as they are.
template <std::size_t Vocabulary, bool Frozen>
struct Encoder {
    constexpr auto operator()(AnyNode auto tokens, AnyNode auto segments) const {
        auto const layer = TransformerEncoderLayer<heads, hidden, GELU>{.dropout = 0.1f};
        // As small at first as the other embeddings: what is larger drowns them.
        using Positions = PositionEmbeddingWith<EmbeddingsInitializer<RandomUniform<-5, 5, 100>>>;
        auto const words =
            tokens | frozen_if<Frozen>(named<"words">(Embedding<Vocabulary, features, MaskZero>{}));
        auto const segment =
            segments | frozen_if<Frozen>(named<"segments">(Embedding<2, features>{}));
        auto const sum = (words + segment) | frozen_if<Frozen>(Positions{}) |
                         frozen_if<Frozen>(LayerNormalization{}) | Dropout{.rate = 0.1f};
        return std::pair{words, sum | frozen_if<Frozen>(layer) | layer};
    }
};

/// A score of each token of the vocabulary at each position: what was it before it was masked?
template <std::size_t Length, std::size_t Vocabulary>
auto build_pretraining() {
    auto const network = graph<Tokens<Length>, Tokens<Length>>([](auto tokens, auto segments) {
        auto const [words, vectors] =
            join(tokens, segments) | named<"bert">(Encoder<Vocabulary, false>{});
        return vectors | Dense<features, GELU>{} | LayerNormalization{} | tied(words);
    });
    return compile(network, Adam{.learning_rate = 1e-3f},
                   SparseCategoricalCrossentropyFromLogits{.ignore_class = -1});
}

/// A score of each class, from the vector of the first token, which is [CLS].
template <std::size_t Length, std::size_t Vocabulary, std::size_t Classes, bool Frozen>
auto build_classifier() {
    auto const network = graph<Tokens<Length>, Tokens<Length>>([](auto tokens, auto segments) {
        auto const [words, vectors] =
            join(tokens, segments) | named<"bert">(Encoder<Vocabulary, Frozen>{});
        return vectors | Cropping1D<0, Length - 1>{} | Flatten{} | Dropout{.rate = 0.1f} |
               Dense<Classes>{};
    });
    return compile(network, Adam{.learning_rate = 1e-3f}, SparseCategoricalCrossentropyFromLogits{},
                   Accuracy{});
}

// ---- The masks ----------------------------------------------------------------------------------

struct Masked {
    Tensor<std::int32_t, 2> tokens, targets; // -1: not to be guessed
};

/// Of the words' tokens 15 % are to be guessed. Of these 80 % become [MASK], 10 % some other token,
/// and 10 % stay: the network must not rely on what it sees.
Masked mask(Tensor<std::int32_t, 2> const& tokens, WordPiece const& pieces, Random random) {
    Masked out{tokens, tokens};
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        std::int32_t& token = out.tokens.data()[i];
        bool const special =
            token == pieces.pad_id() || token == pieces.cls_id() || token == pieces.sep_id();
        if (special || random.child(0).uniform(i) >= 0.15f) {
            out.targets.data()[i] = -1;
            continue;
        }
        float const choice = random.child(1).uniform(i);
        if (choice < 0.8f) token = pieces.mask_id();
        else if (choice < 0.9f) token = std::int32_t(random.child(2).below(i, pieces.size()));
    }
    return out;
}

/// The loss of one who knows how often each token comes, and nothing else.
double loss_of_counting(Masked const& train, Masked const& test, std::size_t vocabulary) {
    std::vector<double> count(vocabulary, 1.0);
    double all = double(vocabulary), sum = 0, n = 0;
    for (std::int32_t const t : train.targets)
        if (t >= 0) ++count[std::size_t(t)], ++all;
    for (std::int32_t const t : test.targets)
        if (t >= 0) sum -= std::log(count[std::size_t(t)] / all), ++n;
    return sum / n;
}

// ---- The run ------------------------------------------------------------------------------------

struct Recipe {
    std::size_t pretraining_epochs, labels, epochs;
};

struct Results {
    double counting = 0, masked = 0; // losses of the tokens masked
    double most_frequent = 0;        // accuracies on the test texts
    double frozen = 0, fine_tuned = 0, from_scratch = 0;
};

/// Of a summary what stands below the table.
std::string counts(std::string const& summary) { return summary.substr(summary.find("Total")); }

std::string joined(WordPiece const& pieces, std::vector<std::int32_t> const& ids) {
    std::string text;
    for (std::int32_t const id : ids) text += std::string(pieces.vocabulary().token(id)) + ' ';
    return text;
}

template <std::size_t Length, std::size_t Vocabulary, std::size_t Classes>
Results run(LabelledTexts const& train, LabelledTexts const& test, Recipe const& recipe,
            std::string const& gap) {
    auto const pieces = WordPiece::train(train.texts, {.vocabulary_size = Vocabulary});
    auto const encode = [&](TextList const& texts) {
        return pieces.encode_batch(texts, {.max_length = Length});
    };
    auto const x_train = encode(train.texts), x_test = encode(test.texts);

    // What BERT reads, for the two texts of a pair: pieces of words, and which text each is of.
    auto const pair = pieces.encode("a young cat", "an unaffable animal");
    std::printf("%s\n", joined(pieces, pair.token_ids).c_str());
    for (std::int32_t const s : pair.segment_ids) std::printf("%d ", s);
    std::printf("\n\n");

    // Pretraining, with other masks in every epoch.
    Results results;
    auto bert = build_pretraining<Length, Vocabulary>();
    std::printf("Pretraining\n%s\n", counts(bert.summary()).c_str());
    Random const random{42};
    auto const held = mask(x_test.token_ids, pieces, random.child(0));
    auto const loss_of_held = [&] {
        return std::get<0>(bert.evaluate({held.tokens, x_test.segment_ids}, held.targets));
    };
    results.counting =
        loss_of_counting(mask(x_train.token_ids, pieces, random.child(1)), held, Vocabulary);
    std::printf("Loss of the masked tokens: %.4f before, %.4f by their frequencies alone\n",
                loss_of_held(), results.counting);
    for (std::size_t epoch = 0; epoch < recipe.pretraining_epochs; ++epoch) {
        auto const now = mask(x_train.token_ids, pieces, random.child(1 + epoch));
        auto const history = bert.fit({now.tokens, x_train.segment_ids}, now.targets,
                                      {.epochs = epoch + 1, .initial_epoch = epoch, .verbose = 0});
        std::printf("Epoch %zu/%zu - loss: %.4f\n", epoch + 1, recipe.pretraining_epochs,
                    history["loss"][0]);
        std::fflush(stdout);
    }
    results.masked = loss_of_held();
    std::printf("Loss of the masked tokens: %.4f after pretraining\n\n", results.masked);

    auto const with_gap = encode({gap});
    auto const scores = bert.predict({with_gap.token_ids, with_gap.segment_ids});
    std::size_t at = 0;
    while (with_gap.token_ids(0, at) != pieces.mask_id()) ++at;
    std::vector<std::int32_t> order(pieces.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = std::int32_t(i);
    std::partial_sort(order.begin(), order.begin() + 5, order.end(), [&](auto a, auto b) {
        return scores(0, at, std::size_t(a)) > scores(0, at, std::size_t(b));
    });
    order.resize(5);
    std::printf("%s: %s\n\n", gap.c_str(), joined(pieces, order).c_str());

    // Fine-tuning on a few texts with labels.
    auto const few = train.split({.test_rows = recipe.labels, .seed = 1}).test;
    auto const x_few = encode(few.texts);
    for (std::size_t c = 0; c < Classes; ++c)
        results.most_frequent =
            std::max(results.most_frequent,
                     double(std::count(test.labels.begin(), test.labels.end(), std::int32_t(c))) /
                         double(test.size()));
    auto const learn = [&](auto classifier, bool pretrained) {
        if (pretrained) {
            auto const common = transfer(bert, classifier, "bert");
            std::printf("%zu tensors of %zu numbers come from pretraining\n", common.tensors,
                        common.numbers);
        }
        classifier.fit({x_few.token_ids, x_few.segment_ids}, few.labels,
                       {.epochs = recipe.epochs, .verbose = 0});
        auto const [loss, accuracy] =
            classifier.evaluate({x_test.token_ids, x_test.segment_ids}, test.labels);
        std::printf("Test accuracy: %.4f (loss %.4f)\n\n", accuracy, loss);
        return accuracy;
    };
    std::printf("%zu texts with labels; %.4f would be right with the most frequent class\n\n",
                few.size(), results.most_frequent);
    auto const partly = build_classifier<Length, Vocabulary, Classes, true>();
    auto const whole = build_classifier<Length, Vocabulary, Classes, false>();
    std::printf("Fine-tuned, the embeddings and the first layer frozen\n%s",
                partly.summary("classifier").c_str());
    results.frozen = learn(partly, true);
    std::printf("Fine-tuned, nothing frozen\n%s", counts(whole.summary()).c_str());
    results.fine_tuned = learn(whole, true);
    std::printf("Not pretrained\n");
    results.from_scratch = learn(whole, false);
    return results;
}

int main(int argc, char** argv) try {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    if (!arguments.empty() && arguments[0] == "--data") {
        if (arguments.size() < 3)
            throw std::runtime_error("--data takes two tables: train.csv test.csv");
        auto const read = [](std::string const& path) {
            return labelled_texts(read_csv(path), "review", "sentiment");
        };
        auto const r = run<128, 4000, 2>(read(arguments[1]), read(arguments[2]),
                                         {.pretraining_epochs = 10, .labels = 1000, .epochs = 10},
                                         "This is the best [MASK] I have ever seen.");
        // A few thousand reviews are too few to pretrain on: that is more than guessing, no more.
        return r.masked < r.counting && r.fine_tuned > r.most_frequent + 0.1 ? 0 : 1;
    }
    bool const quick = !arguments.empty() && arguments[0] == "--quick";
    auto const all =
        read_wordnet(arguments.size() > quick ? arguments.back() : "/usr/share/wordnet");
    auto const [most, tenth] = all.split({.test = 0.1f, .seed = 42});
    auto const [train, test] = (quick ? tenth : all).split({.test = 0.1f, .seed = 42});
    auto const r = run<20, 1000, 4>(
        train, test,
        {.pretraining_epochs = quick ? 3u : 10u, .labels = 1000, .epochs = quick ? 5u : 8u},
        "a small [MASK] that lives in water");
    // Where it has read little, it knows more than how often each token comes, but what it knows is
    // no help yet.
    bool const reads = r.masked < r.counting - (quick ? 0.1 : 1.0);
    bool const learns = r.fine_tuned > r.most_frequent + 0.05;
    bool const helps = quick || std::min(r.frozen, r.fine_tuned) > r.from_scratch + 0.01;
    return reads && learns && helps ? 0 : 1;
} catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
