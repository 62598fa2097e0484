// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/core/raise.hpp>
#include <lamina/model/callbacks/callback.hpp>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace lamina {

/// Writes the log of each epoch as a line of a CSV file: epoch, loss, metrics, val_ values. Numbers
/// in their shortest exact form, whatever the locale.
///
/// Errors      the file cannot be written: Error (file)
/// Source      keras.callbacks.CSVLogger
class CSVLogger final : public Callback {
public:
    explicit CSVLogger(std::string path, char separator = ',', bool append = false)
        : path_(std::move(path)), separator_(separator), append_(append) {}

    void on_train_begin(Training&) override {
        file_.reset(std::fopen(path_.c_str(), append_ ? "a" : "w"));
        if (!file_) fail("cannot be opened");
        std::fseek(file_.get(), 0, SEEK_END);
        header_ = std::ftell(file_.get()) == 0;
    }
    void on_epoch_end(Training& training) override {
        if (header_) {
            std::string line = "epoch";
            for (auto const& l : training.logs) line += separator_ + std::string(l.name);
            write(line);
            header_ = false;
        }
        std::string line = std::to_string(training.epoch);
        for (auto const& l : training.logs) {
            char digits[32];
            auto const end = std::to_chars(digits, digits + sizeof digits, l.value).ptr;
            line += separator_;
            line.append(digits, end);
        }
        write(line);
    }
    void on_train_end(Training&) override { file_.reset(); }

private:
    struct Close {
        void operator()(std::FILE* f) const { std::fclose(f); }
    };
    void write(std::string const& line) {
        if (std::fprintf(file_.get(), "%s\n", line.c_str()) < 0 || std::fflush(file_.get()) != 0)
            fail("cannot be written");
    }
    [[noreturn]] void fail(char const* what) const {
        detail::raise(Error(Error::Kind::file, "CSVLogger",
                            path_ + " " + what + ": " + std::strerror(errno) + "."));
    }

    std::string path_;
    char separator_;
    bool append_, header_ = true;
    std::unique_ptr<std::FILE, Close> file_;
};

} // namespace lamina
