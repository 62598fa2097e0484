// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/model/callbacks/callback.hpp>

#if LAMINA_BODIES
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/file_handle.hpp>

#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>
#endif

#include <cstdio>
#include <string>

namespace lamina {

/// Writes the log of each epoch as a line of a CSV file: epoch, loss, metrics, val_ values. Numbers
/// in their shortest exact form, whatever the locale.
///
/// Errors      the file cannot be written: Error (file)
/// Source      keras.callbacks.CSVLogger
class CSVLogger final : public Callback {
public:
    explicit CSVLogger(std::string path, char separator = ',', bool append = false);
    CSVLogger(CSVLogger const&) = delete;
    CSVLogger& operator=(CSVLogger const&) = delete;
    ~CSVLogger();

    void on_train_begin(Training&) override;
    void on_epoch_end(Training& training) override;
    void on_train_end(Training&) override;

private:
    void write(std::string const& line);
    [[noreturn]] void fail(char const* what) const;

    std::string path_;
    char separator_;
    bool append_, header_ = true;
    std::FILE* file_ = nullptr;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE CSVLogger::CSVLogger(std::string path, char separator, bool append)
    : path_(std::move(path)), separator_(separator), append_(append) {}
[[gnu::cold]] LAMINA_INLINE CSVLogger::~CSVLogger() {
    if (file_) std::fclose(file_);
}

[[gnu::cold]] LAMINA_INLINE void CSVLogger::on_train_begin(Training& training) {
    on_train_end(training);
    file_ = std::fopen(path_.c_str(), append_ ? "a" : "w");
    if (!file_) fail("cannot be opened");
    std::fseek(file_, 0, SEEK_END);
    header_ = std::ftell(file_) == 0;
}
[[gnu::cold]] LAMINA_INLINE void CSVLogger::on_epoch_end(Training& training) {
    std::string_view const between(&separator_, 1);
    if (header_) {
        std::string line = "epoch";
        for (auto const& l : training.logs) detail::append(line, {between, l.name});
        write(line);
        header_ = false;
    }
    std::string line = detail::message({training.epoch});
    for (auto const& l : training.logs) {
        char digits[32];
        auto const end = std::to_chars(digits, digits + sizeof digits, l.value).ptr;
        line += separator_;
        line.append(digits, end);
    }
    write(line);
}
[[gnu::cold]] LAMINA_INLINE void CSVLogger::on_train_end(Training&) {
    if (file_) std::fclose(std::exchange(file_, nullptr));
}

[[gnu::cold]] LAMINA_INLINE void CSVLogger::write(std::string const& line) {
    if (std::fprintf(file_, "%s\n", line.c_str()) < 0 || std::fflush(file_) != 0)
        fail("cannot be written");
}
[[noreturn, gnu::cold]] LAMINA_INLINE void CSVLogger::fail(char const* what) const {
    detail::fail(Error::Kind::file, {"CSVLogger"},
                 {path_, " ", what, ": ", detail::errno_text(errno), "."});
}

#endif

} // namespace lamina
