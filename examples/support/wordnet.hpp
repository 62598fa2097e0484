// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/data/labelled_texts.hpp>

#include <fstream>
#include <stdexcept>
#include <string>

/// WordNet's definitions, each with its word class: about 117,000 texts in four classes. Debian's
/// package wordnet-base puts data.noun, data.verb, data.adj and data.adv into /usr/share/wordnet.
/// A line is "offset ... | definition; \"an example\"", lines that begin with spaces are the
/// licence. Source: Fellbaum (1998), "WordNet: an electronic lexical database"; wndb(5WN).
inline lamina::LabelledTexts read_wordnet(std::string const& folder) {
    lamina::LabelledTexts all{{}, {}, {"noun", "verb", "adjective", "adverb"}};
    char const* const suffixes[]{"noun", "verb", "adj", "adv"};
    for (std::int32_t label = 0; label < 4; ++label) {
        std::string const path = folder + "/data." + suffixes[label];
        std::ifstream file(path);
        if (!file)
            throw std::runtime_error(path + " cannot be read. On Debian: apt-get install "
                                            "wordnet-base; or give the folder as an argument.");
        for (std::string line; std::getline(file, line);) {
            auto const bar = line.find(" | ");
            if (line.starts_with(' ') || bar == line.npos) continue;
            std::string text = line.substr(bar + 3);
            text.resize(text.find("; \"") == text.npos ? text.size() : text.find("; \""));
            all.texts.push_back(text);
            all.labels.push_back(label);
        }
    }
    return all;
}
