// SPDX-License-Identifier: BSD-3-Clause
//
// Text classification, as Keras' walkthroughs do it: a tokenizer, sequences of one length, an
// embedding, its mean over time, a softmax.
//
//     text_classification [--quick] [folder of WordNet]
//     text_classification --data train.csv [test.csv]
//
// The task is to tell from a definition alone whether it is one of a noun, a verb, an adjective or
// an adverb: WordNet's 117,000 definitions (Debian's package wordnet-base). With --data it is a
// table with the columns review and sentiment, such as the IMDb reviews (Maas et al., 2011).
// --quick takes a tenth of the definitions.
#include <lamina/io/safetensors.hpp>
#include <lamina/lamina.hpp>

#include "support/wordnet.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

using namespace lamina;

/// Embedding -> mean over the words -> softmax; dropout against learning by heart.
template <std::size_t Length, std::size_t Vocabulary, std::size_t Classes>
auto build_model() {
    return compile(Sequential{Tokens<Length>{}, Embedding<Vocabulary, 32, MaskZero>{},
                              Dropout{.rate = 0.5f}, GlobalAveragePooling1D{},
                              Dropout{.rate = 0.3f}, Dense<Classes, Softmax>{}},
                   Adam{.learning_rate = 3e-3f}, CategoricalCrossentropy{}, Accuracy{});
}

/// Trains on the texts and shows what became of it. Returns the accuracy on the test texts.
template <std::size_t Length, std::size_t Vocabulary, std::size_t Classes>
double run(LabelledTexts const& train, LabelledTexts const& test, std::size_t epochs,
           std::vector<std::string> const& shown) {
    // A tenth is held back to see when to stop.
    auto const [learnt, held] = train.split({.test = 0.1f, .seed = 1});

    // Words become numbers, texts become rows of one length, classes become one-hot rows.
    Tokenizer tokenizer{{.num_words = Vocabulary, .oov_token = "<OOV>"}};
    tokenizer.fit_on_texts(learnt.texts);
    auto const rows = [&](std::vector<std::string> const& texts) {
        return pad_sequences(tokenizer.texts_to_sequences(texts),
                             {.maxlen = Length, .padding = Side::post, .truncating = Side::post});
    };
    auto const labels = [](LabelledTexts const& texts) {
        return to_categorical(texts.labels, Classes);
    };
    auto const x_train = rows(learnt.texts), x_val = rows(held.texts), x_test = rows(test.texts);
    auto const y_train = labels(learnt), y_val = labels(held), y_test = labels(test);
    std::printf("%zu texts to train on, %zu to test; %zu different words\n\n", train.size(),
                test.size(), tokenizer.word_index().size());

    auto model = build_model<Length, Vocabulary, Classes>();
    std::printf("%s\n", model.summary("text_classification").c_str());
    EarlyStopping stopping{{.patience = 2, .restore_best_weights = true}};
    model.fit(x_train, y_train,
              {.epochs = epochs,
               .batch_size = 32,
               .validation_data = {x_val, y_val},
               .callbacks = {&stopping}});
    auto const [loss, accuracy] = model.evaluate(x_test, y_test, {.verbose = 2});
    std::printf("Test accuracy: %.4f (loss %.4f)\n\n", accuracy, loss);

    auto const p = model.predict(x_test);
    std::printf(
        "%s\n",
        evaluate_metric<Shape<Classes>>(ConfusionMatrix{}, p, y_test).text(test.classes).c_str());
    auto const of_shown = model.predict(rows(shown));
    for (std::size_t i = 0; i < shown.size(); ++i) {
        std::size_t best = 0;
        for (std::size_t k = 1; k < Classes; ++k)
            if (of_shown(i, k) > of_shown(i, best)) best = k;
        std::printf("%-12s %.2f  %s\n", test.classes[best].c_str(), double(of_shown(i, best)),
                    shown[i].c_str());
    }

    // The model goes into a file, its tokenizer with it, and they come back as they were.
    char const* const file = "text_classification.safetensors";
    save(model, file, {.attachments = {{"tokenizer", tokenizer.to_json()}}});
    auto loaded = build_model<Length, Vocabulary, Classes>();
    load(loaded, file);
    tokenizer = Tokenizer::from_json(read_attachment(file, "tokenizer"));
    bool const same = loaded.predict(rows(test.texts)) == p;
    std::printf("\ntext_classification.safetensors predicts %s\n", same ? "the same" : "OTHERWISE");
    return same ? accuracy : 0;
}

int main(int argc, char** argv) try {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    if (!arguments.empty() && arguments[0] == "--data") {
        if (arguments.size() < 2) throw std::runtime_error("--data takes a table: reviews.csv");
        auto const read = [](std::string const& path) {
            return labelled_texts(read_csv(path), "review", "sentiment");
        };
        auto train = read(arguments[1]), test = LabelledTexts{};
        if (arguments.size() > 2) {
            test = read(arguments[2]);
        } else {
            auto parts = train.split({.test = 0.2f, .seed = 42});
            train = std::move(parts.train);
            test = std::move(parts.test);
        }
        double const accuracy = run<300, 20000, 2>(
            train, test, 10,
            {"A wonderful film, I loved every minute.", "Boring, badly acted and far too long."});
        return accuracy > 0.7 ? 0 : 1;
    }
    bool const quick = !arguments.empty() && arguments[0] == "--quick";
    auto const all =
        read_wordnet(arguments.size() > quick ? arguments.back() : "/usr/share/wordnet");
    auto const [most, tenth] = all.split({.test = 0.1f, .seed = 42});
    auto const [train, test] = (quick ? tenth : all).split({.test = 0.1f, .seed = 42});
    double const accuracy = run<40, 10000, 4>(
        train, test, 10,
        {"a small animal that lives in water", "to move quickly from one place to another",
         "having a bright colour", "in a slow and careful manner"});
    return accuracy > (quick ? 0.84 : 0.9) ? 0 : 1;
} catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
