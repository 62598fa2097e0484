// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lamina::detail {

/// Learns which neighbours to merge: byte pair encoding. Of all pairs of neighbouring symbols the
/// one that comes most often in the words becomes a symbol of its own, again and again. Of pairs
/// that are as frequent the one with the lower first, then the lower second symbol goes first, so
/// that the result depends on the words alone.
///
/// Source      Sennrich, Haddow and Birch (2016), "Neural machine translation of rare words with
///             subword units", section 3.2
class MergeTrainer {
public:
    using Symbol = std::int32_t;

    /// A word of these symbols that comes `count` times.
    void add(std::vector<Symbol> symbols, std::int64_t count) {
        auto const word = static_cast<std::uint32_t>(words_.size());
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            Pair& pair = pairs_[key(symbols[i], symbols[i + 1])];
            pair.count += count;
            if (pair.words.empty() || pair.words.back() != word) pair.words.push_back(word);
        }
        words_.push_back({std::move(symbols), count});
    }

    /// Merges while more() says so and a pair comes at least `least` times. join(a, b) is the
    /// symbol that a and b become.
    template <class More, class Join>
    void run(std::int64_t least, More more, Join join) {
        for (auto const& [k, pair] : pairs_) heap_.push_back({pair.count, k});
        std::make_heap(heap_.begin(), heap_.end());
        while (more() && !heap_.empty()) {
            std::pop_heap(heap_.begin(), heap_.end());
            Candidate const top = heap_.back();
            heap_.pop_back();
            // The heap is not searched when a pair becomes rarer: that is seen here.
            Pair& pair = pairs_[top.key];
            if (pair.count < top.count && pair.count >= least) push({pair.count, top.key});
            if (pair.count != top.count) continue;
            if (top.count < least) break;
            auto const a = static_cast<Symbol>(top.key >> 32);
            auto const b = static_cast<Symbol>(top.key & 0xffffffff);
            Symbol const merged = join(a, b);
            std::vector<std::uint32_t> const places = std::exchange(pair.words, {});
            changed_.clear();
            for (std::uint32_t const word : places) rewrite(word, a, b, merged);
            std::sort(changed_.begin(), changed_.end());
            changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
            for (std::uint64_t const k : changed_) push({pairs_[k].count, k});
        }
    }

private:
    struct Word {
        std::vector<Symbol> symbols;
        std::int64_t count;
    };
    struct Pair {
        std::int64_t count = 0;
        std::vector<std::uint32_t> words; // where it is, or was
    };
    struct Candidate {
        std::int64_t count;
        std::uint64_t key;
        bool operator<(Candidate const& b) const {
            return count != b.count ? count < b.count : key > b.key;
        }
    };

    static std::uint64_t key(Symbol a, Symbol b) {
        return std::uint64_t(std::uint32_t(a)) << 32 | std::uint32_t(b);
    }
    void push(Candidate c) {
        heap_.push_back(c);
        std::push_heap(heap_.begin(), heap_.end());
    }
    /// Merges a and b in a word, and counts its pairs anew.
    void rewrite(std::uint32_t place, Symbol a, Symbol b, Symbol merged) {
        std::vector<Symbol>& s = words_[place].symbols;
        deltas_.clear();
        for (std::size_t i = 0; i + 1 < s.size(); ++i) deltas_.push_back({key(s[i], s[i + 1]), -1});
        std::size_t size = 0;
        for (std::size_t i = 0; i < s.size(); ++i) {
            bool const here = i + 1 < s.size() && s[i] == a && s[i + 1] == b;
            s[size++] = here ? merged : s[i];
            i += here;
        }
        if (size == s.size()) return; // it was merged away before
        s.resize(size);
        for (std::size_t i = 0; i + 1 < size; ++i) deltas_.push_back({key(s[i], s[i + 1]), 1});
        std::sort(deltas_.begin(), deltas_.end());
        for (std::size_t i = 0; i < deltas_.size();) {
            std::uint64_t const k = deltas_[i].first;
            std::int64_t change = 0;
            for (; i < deltas_.size() && deltas_[i].first == k; ++i) change += deltas_[i].second;
            if (change == 0) continue;
            Pair& pair = pairs_[k];
            pair.count += change * words_[place].count;
            if (change < 0) continue;
            pair.words.push_back(place);
            changed_.push_back(k);
        }
    }

    std::vector<Word> words_;
    std::unordered_map<std::uint64_t, Pair> pairs_;
    std::vector<Candidate> heap_;
    std::vector<std::pair<std::uint64_t, int>> deltas_;
    std::vector<std::uint64_t> changed_;
};

} // namespace lamina::detail
