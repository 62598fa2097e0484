// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/data/csv.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/table.hpp>

#if LAMINA_BODIES
#include <lamina/core/message.hpp>
#include <lamina/data/bounded_file.hpp>
#include <lamina/data/csv_reader.hpp>
#endif

#include <cstddef>
#include <cstring>
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
    CsvStream(std::string path, CsvOptions options, std::size_t block);
    CsvStream(CsvStream&&) noexcept;
    CsvStream& operator=(CsvStream&&) noexcept;
    ~CsvStream();

    /// The next rows; nothing at the end of the file.
    std::optional<Table> next();
    /// Begins again at the first row.
    void rewind();

    /// A source for batches(): every table as the Dataset that prepare(Table) makes of it.
    template <class F>
    detail::PreparedCsv<F> each(F prepare) && {
        return {std::move(*this), std::move(prepare)};
    }

private:
    struct Place;
    Place* place_;
};

CsvStream stream_csv(std::string path, CsvOptions options = {},
                     std::size_t block = std::size_t{8} << 20);

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

#if LAMINA_BODIES

/// Where in its file a stream is.
struct CsvStream::Place {
    Place(std::string path, CsvOptions given, std::size_t size)
        : file(std::move(path)), options(std::move(given)), reader(options, file.path()),
          buffer(size < 1024 ? 1024 : size) {}

    static constexpr std::size_t longest_row = std::size_t{1} << 28;

    BoundedFile file;
    CsvOptions const options; // the reader holds on to them
    detail::CsvReader reader;
    std::vector<char> buffer;
    std::size_t kept = 0; // bytes of a row begun
    std::size_t line = 1;
    bool open = false, done = false;
};

[[gnu::cold]] LAMINA_INLINE CsvStream::CsvStream(std::string path, CsvOptions options,
                                                 std::size_t block)
    : place_(new Place(std::move(path), std::move(options), block)) {}
LAMINA_INLINE CsvStream::CsvStream(CsvStream&& other) noexcept
    : place_(std::exchange(other.place_, nullptr)) {}
LAMINA_INLINE CsvStream& CsvStream::operator=(CsvStream&& other) noexcept {
    std::swap(place_, other.place_);
    return *this;
}
LAMINA_INLINE CsvStream::~CsvStream() { delete place_; }

LAMINA_INLINE std::optional<Table> CsvStream::next() {
    Place& at = *place_;
    while (!at.done) {
        std::size_t const got =
            at.file.read_up_to(at.buffer.data() + at.kept, at.buffer.size() - at.kept);
        bool const last = got < at.buffer.size() - at.kept;
        std::string_view const text(at.buffer.data(), at.kept + got);
        std::size_t const whole = last ? text.size() : at.reader.whole_rows(text);
        if (whole == 0 && !last) {
            at.kept = text.size();
            if (at.buffer.size() > Place::longest_row) {
                detail::fail(Error::Kind::data, {at.file.path(), ":", at.line},
                             {"a row of more than ", Place::longest_row >> 20,
                              " MiB. Is a quote never closed?"});
            }
            at.buffer.resize(at.buffer.size() * 2);
            continue;
        }
        std::string_view rows = text.substr(0, whole);
        if (!at.open) {
            rows = rows.substr(whole - at.reader.open(rows));
            at.line = at.reader.line();
            at.open = true;
        }
        std::optional<Table> table(at.reader.read(rows, at.line));
        at.line = at.reader.line();
        at.done = last;
        at.kept = text.size() - whole;
        std::memmove(at.buffer.data(), at.buffer.data() + whole, at.kept);
        if (table->rows() > 0) return table;
    }
    return std::nullopt;
}

[[gnu::cold]] LAMINA_INLINE void CsvStream::rewind() {
    place_->file.seek(0);
    place_->kept = 0;
    place_->line = 1;
    place_->open = place_->done = false;
}

[[gnu::cold]] LAMINA_INLINE CsvStream stream_csv(std::string path, CsvOptions options,
                                                 std::size_t block) {
    return CsvStream(std::move(path), std::move(options), block);
}

#endif

} // namespace lamina
