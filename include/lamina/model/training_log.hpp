// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/span.hpp>
#include <lamina/model/history.hpp>

#if LAMINA_BODIES
#include <charconv>
#include <cmath>
#endif

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string_view>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace lamina {

/// Keras' log: the bar with step count, time per step, loss and metrics, in place on a terminal,
/// one plain line an epoch elsewhere. Writes no number by printf, so that no locale changes its
/// decimal point, and allocates nothing.
class TrainingLog {
public:
    /// verbose: 0 nothing, 1 bar, 2 one line an epoch.
    TrainingLog(std::FILE* file, int verbose);

    /// epochs 0: there are none, as in evaluate().
    void begin(std::size_t epoch, std::size_t epochs, std::size_t batches);

    /// Called after each batch; looks at the clock only now and then, so that it costs next to
    /// nothing. `logs()` gives the values when they are to be drawn.
    template <class Logs>
    void step(std::size_t batch, Logs&& logs) {
        if (terminal_ && batch >= next_look_ && is_due(batch)) draw(batch, logs());
    }

    void end(std::size_t batches, Span<LogValue const> logs);

    /// Makes sure that all of it is to be seen.
    void finish() {
        if (verbose_) std::fflush(file_);
    }

private:
    using Clock = std::chrono::steady_clock;
    static double seconds(Clock::time_point a, Clock::time_point b) {
        return std::chrono::duration<double>(b - a).count();
    }

    bool is_due(std::size_t batch);
    void draw(std::size_t batch, Span<LogValue const> logs);

    [[gnu::cold]] TrainingLog& put(std::string_view s) {
        for (char const c : s) put(c);
        return *this;
    }
    [[gnu::noinline]] void put(char c) {
        if (size_ == sizeof text_) write(); // a line of many metrics goes in pieces
        text_[size_++] = c;
    }
    TrainingLog& number(std::size_t n);
    TrainingLog& decimal(double v, int places, bool scientific = false);

    void bar(std::size_t batch);
    void step_time(double s);
    void values(Span<LogValue const> logs);
    void pad() { // over what a longer line left behind
        std::size_t const length = size_;
        while (size_ < last_) put(' ');
        last_ = length;
    }
    void write();
    /// Epochs of microseconds must not cost a system call each.
    void flush_if_due();

    std::FILE* file_;
    int verbose_;
    bool terminal_ = false;
    std::size_t epoch_ = 0, epochs_ = 0, batches_ = 0, next_look_ = 1;
    Clock::time_point start_{}, drawn_{}, flushed_{};
    char text_[1024];
    std::size_t size_ = 0, last_ = 0;
};

#if LAMINA_BODIES

LAMINA_INLINE TrainingLog::TrainingLog(std::FILE* file, int verbose)
    : file_(file), verbose_(file ? verbose : 0) {
#if __has_include(<unistd.h>)
    terminal_ = verbose_ == 1 && ::isatty(::fileno(file)) == 1;
#endif
}

[[gnu::cold]] LAMINA_INLINE void TrainingLog::begin(std::size_t epoch, std::size_t epochs,
                                                    std::size_t batches) {
    epoch_ = epoch;
    epochs_ = epochs;
    batches_ = batches;
    if (verbose_ == 0) return;
    start_ = drawn_ = Clock::now();
    next_look_ = 1;
    if (verbose_ == 1 && epochs) {
        put("Epoch ").number(epoch + 1).put("/").number(epochs).put("\n");
        if (terminal_) write();
    }
}

[[gnu::cold]] LAMINA_INLINE void TrainingLog::end(std::size_t batches, Span<LogValue const> logs) {
    if (verbose_ == 0) return;
    batches_ = batches;
    double const took = seconds(start_, Clock::now());
    if (verbose_ == 1) {
        if (terminal_) put("\r");
        bar(batches);
    } else {
        if (epochs_) put("Epoch ").number(epoch_ + 1).put("/").number(epochs_).put(" - ");
        number(batches).put("/").number(batches);
    }
    put(" - ").number(std::size_t(took)).put("s ");
    step_time(took / double(batches ? batches : 1));
    values(logs);
    if (terminal_) pad();
    put("\n");
    write();
    flush_if_due();
}

[[gnu::cold]] LAMINA_INLINE bool TrainingLog::is_due(std::size_t batch) {
    auto const now = Clock::now();
    next_look_ = batch + 1 +
                 std::size_t(0.02 / (seconds(start_, now) / double(batch) + 1e-9)); // every 20 ms
    if (batch == batches_ || seconds(drawn_, now) < 0.05) return false;
    drawn_ = now;
    return true;
}

[[gnu::cold]] LAMINA_INLINE void TrainingLog::draw(std::size_t batch, Span<LogValue const> logs) {
    put("\r");
    bar(batch);
    if (batch <= batches_) {
        double const left = seconds(start_, drawn_) / double(batch) * double(batches_ - batch);
        put(" - ETA: ").number(std::size_t(left)).put("s");
    }
    values(logs);
    pad();
    write();
    std::fflush(file_);
}

[[gnu::cold]] LAMINA_INLINE TrainingLog& TrainingLog::number(std::size_t n) {
    char digits[24];
    auto const end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    return put({digits, std::size_t(end - digits)});
}

[[gnu::cold]] LAMINA_INLINE TrainingLog& TrainingLog::decimal(double v, int places,
                                                              bool scientific) {
    char digits[64];
    if (detail::is_nan(v)) return put("nan");
    if (!detail::is_finite(v)) return put(std::signbit(v) ? "-inf" : "inf");
    if (!scientific &&
        std::abs(v) < 1e9) { // fixed point by whole numbers: ten times as fast as to_chars
        std::size_t unit = 1;
        for (int i = 0; i < places; ++i) unit *= 10;
        if (v < 0) put('-');
        auto const n = std::size_t(std::abs(v) * double(unit) + 0.5);
        number(n / unit);
        if (places == 0) return *this;
        put('.');
        for (std::size_t u = unit / 10, rest = n % unit; u > 0; u /= 10)
            put(char('0' + rest / u % 10));
        return *this;
    }
    auto const end =
        std::to_chars(digits, digits + sizeof digits, v,
                      scientific ? std::chars_format::scientific : std::chars_format::fixed, places)
            .ptr;
    return put({digits, std::size_t(end - digits)});
}

[[gnu::cold]] LAMINA_INLINE void TrainingLog::bar(std::size_t batch) {
    char total[24];
    auto const width =
        std::size_t(std::to_chars(total, total + sizeof total, batches_).ptr - total);
    std::size_t const from = size_;
    number(batch);
    std::size_t const digits = size_ - from;
    if (!batches_) {
        put("/Unknown");
        return;
    }
    if (digits < width) { // right-aligned, as Keras does
        size_ = from;
        for (std::size_t i = digits; i < width; ++i) put(' ');
        number(batch);
    }
    put("/").number(batches_).put(" [");
    constexpr std::size_t full = 30;
    std::size_t const done = batch * full / batches_;
    for (std::size_t i = 0; i < full; ++i)
        put(i < done ? (i + 1 == done && batch < batches_ ? '>' : '=') : '.');
    put("]");
}

[[gnu::cold]] LAMINA_INLINE void TrainingLog::step_time(double s) {
    if (s >= 1) decimal(s, 0).put("s/step");
    else if (s >= 1e-3) decimal(s * 1e3, 0).put("ms/step");
    else decimal(s * 1e6, 0).put("us/step");
}

[[gnu::cold]] LAMINA_INLINE void TrainingLog::values(Span<LogValue const> logs) {
    for (auto const& l : logs) {
        put(" - ").put(l.name).put(": ");
        bool const small =
            l.value != 0 && std::abs(l.value) < 1e-3; // as Keras: 4 places, or 1.2345e-05
        decimal(l.value, 4, small);
    }
}

[[gnu::cold]] LAMINA_INLINE void TrainingLog::write() {
    std::fwrite(text_, 1, size_, file_);
    size_ = 0;
}

[[gnu::cold]] LAMINA_INLINE void TrainingLog::flush_if_due() {
    auto const now = Clock::now();
    if (seconds(flushed_, now) < 0.05) return;
    std::fflush(file_);
    flushed_ = now;
}

#endif

} // namespace lamina
