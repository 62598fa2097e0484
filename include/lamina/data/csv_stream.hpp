// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/data/csv.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/file.hpp>
#include <lamina/data/table.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {

template <class F>
struct PreparedCsv;

} // namespace detail

/// A CSV file larger than memory, read as one Table after another:
///
///     auto rows = stream_csv("big.csv").each([&](Table table) {
///         return std::move(table).drop_missing().to_dataset({.label = "y", .scaling = scaling});
///     });
///     model.fit(batches(rows, {.batch_size = 256, .shuffle_buffer = 100'000}), {.epochs = 3});
///
/// What a column holds is found out for each table by itself: name number columns in .numbers and
/// text columns in .texts to have it the same in all. Errors are those of read_csv.
class CsvStream {
public:
    /// A table is made of the whole rows within `block` bytes.
    CsvStream(std::string path, CsvOptions options, std::size_t block)
        : file_(std::move(path)), options_(new CsvOptions(std::move(options))),
          reader_(*options_, file_.path()), block_(block < 1024 ? 1024 : block), buffer_(block_) {}

    /// The next rows; nothing at the end of the file.
    std::optional<Table> next() {
        while (!done_) {
            std::size_t const got = file_.read(buffer_.data() + kept_, buffer_.size() - kept_);
            bool const last = got < buffer_.size() - kept_;
            std::string_view const text(buffer_.data(), kept_ + got);
            std::size_t const whole = last ? text.size() : reader_.whole_rows(text);
            if (whole == 0 && !last) {
                kept_ = text.size();
                if (buffer_.size() > longest_row) {
                    detail::fail(Error::Kind::data, {file_.path(), ":", line_},
                                 {"a row of more than ", longest_row >> 20,
                                  " MiB. Is a quote never closed?"});
                }
                buffer_.resize(buffer_.size() * 2);
                continue;
            }
            std::string_view rows = text.substr(0, whole);
            if (!open_) {
                rows = rows.substr(whole - reader_.open(rows));
                line_ = reader_.line();
                open_ = true;
            }
            std::optional<Table> table(reader_.read(rows, line_));
            line_ = reader_.line();
            done_ = last;
            kept_ = text.size() - whole;
            std::memmove(buffer_.data(), buffer_.data() + whole, kept_);
            if (table->rows() > 0) return table;
        }
        return std::nullopt;
    }

    /// Begins again at the first row.
    void rewind() {
        file_.rewind();
        kept_ = 0;
        line_ = 1;
        open_ = done_ = false;
    }

    /// A source for batches(): every table as the Dataset that prepare(Table) makes of it.
    template <class F>
    detail::PreparedCsv<F> each(F prepare) && {
        return {std::move(*this), std::move(prepare)};
    }

private:
    static constexpr std::size_t longest_row = std::size_t{1} << 28;

    detail::InputFile file_;
    std::unique_ptr<CsvOptions const> options_; // the reader holds on to them
    detail::CsvReader reader_;
    std::size_t block_;
    std::vector<char> buffer_;
    std::size_t kept_ = 0; // bytes of a row begun
    std::size_t line_ = 1;
    bool open_ = false, done_ = false;
};

namespace detail {

template <class F>
struct PreparedCsv {
    CsvStream stream;
    F prepare;

    std::optional<Dataset> next() {
        if (std::optional<Table> table = stream.next()) return prepare(*std::move(table));
        return std::nullopt;
    }
    void rewind() { stream.rewind(); }
};

} // namespace detail

inline CsvStream stream_csv(std::string path, CsvOptions options = {},
                            std::size_t block = std::size_t{8} << 20) {
    return CsvStream(std::move(path), std::move(options), block);
}

} // namespace lamina
