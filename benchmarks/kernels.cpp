// SPDX-License-Identifier: BSD-3-Clause
//
// The suite kernels: what goes over numbers once, some thousands in the caches next to the core and
// a million beyond them. In numbers, 10^9 a second.
//
//     exp, tanh, sigmoid, gelu   y = f(x); gelu x times the normal distribution of x
//     softmax                    of each row
//     sum, sum_of_squares        y[0] = that of all
//     adam                       y: weights, x: gradients, more: the two averages
//     transpose                  y = x', rows x n
//     gather                     y = rows `index` of x, each n numbers

#include "support/networks.hpp"
#include "support/runner.hpp"

#include <lamina/lamina.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using namespace lamina;

namespace {

constexpr float adam_rate = 1e-3f; // and beta 0.9, 0.999, epsilon 1e-7, at the first step

double reference(std::string const& f, double x) {
    if (f == "exp") return std::exp(x);
    if (f == "tanh") return std::tanh(x);
    if (f == "sigmoid") return 1 / (1 + std::exp(-x));
    return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
}

struct Data {
    Block<float> x, y, more, start;
    std::vector<int> index;
    bench::KernelTask task;

    Data(char const* kernel, std::size_t rows, std::size_t n, std::size_t of, int threads)
        : x(bench::random_numbers(of * n, 3)), y(rows * n), more(2 * rows * n),
          start(bench::random_numbers(rows * n, 4)), index(rows) {
        if (std::string(kernel) != "adam")
            for (std::size_t i = 0; i < x.size(); ++i) x[i] *= 4;
        for (std::size_t i = 0; i < rows; ++i) index[i] = int(Random{9}.below(i, of));
        task = {kernel, rows, n, x.data(), y.data(), more.data(), index.data(), threads};
        clear();
    }
    void clear() {
        std::copy_n(start.data(), y.size(), y.data());
        std::fill_n(more.data(), more.size(), 0.0f);
    }
    std::string wrong() const {
        std::string const kernel = task.kernel;
        std::size_t const count = task.rows * task.n;
        double sum = 0, squares = 0, size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            double const v = double(x[i]);
            sum += v, squares += v * v, size += std::abs(v);
        }
        auto const differ = [&](std::size_t i, double right, double bound) {
            return std::abs(double(y[i]) - right) <= bound
                       ? std::string{}
                       : "number " + std::to_string(i) + " is " + std::to_string(y[i]) + ", not " +
                             std::to_string(right);
        };
        if (kernel == "sum") return differ(0, sum, 1e-5 * size);
        if (kernel == "sum_of_squares") return differ(0, squares, 1e-5 * squares);
        for (std::size_t i = 0; i < count; ++i) {
            std::size_t const row = i / task.n, column = i % task.n;
            double right = 0;
            if (kernel == "softmax") {
                double all = 0;
                for (std::size_t j = 0; j < task.n; ++j)
                    all += std::exp(double(x[row * task.n + j]));
                right = std::exp(double(x[i])) / all;
            } else if (kernel == "adam") {
                right = double(start[i]) - double(adam_rate) * (x[i] > 0 ? 1 : x[i] < 0 ? -1 : 0);
                if (std::abs(x[i]) < 1e-2f) continue; // there epsilon shows
            } else if (kernel == "transpose") {
                right = double(x[i]);
                std::string const text =
                    y[column * task.rows + row] == x[i] ? "" : differ(column, right, -1);
                if (!text.empty()) return text;
                continue;
            } else if (kernel == "gather") {
                right = double(x[std::size_t(index[row]) * task.n + column]);
            } else {
                right = reference(kernel, double(x[i]));
            }
            // relative for exp and softmax; what is made of them peers compute to less
            double const least = kernel == "exp" || kernel == "softmax" ? 1e-3 : 1;
            std::string const text = differ(i, right, 3e-6 * (std::abs(right) + least));
            if (!text.empty()) return text;
            if (kernel == "softmax" && i > 20000) break;
        }
        return {};
    }
};

template <class F>
void measure(bench::Suite& suite, char const* kernel, std::size_t rows, std::size_t n, int threads,
             F const& ours, std::size_t of = 0) {
    std::string name = std::string(kernel) + " " + (rows > 1 ? std::to_string(rows) + "x" : "") +
                       std::to_string(n);
    if (of > 0) name += " of " + std::to_string(of);
    bench::Case const what{name, threads, "10^9/s", true, 1e-9 * double(rows) * double(n)};
    if (!suite.wants(what)) return;
    Data data(kernel, rows, n, of > 0 ? of : rows, threads);
    std::function<std::string()> const wrong = [&] {
        std::string text = data.wrong();
        data.clear();
        return text;
    };
    std::vector<bench::Contender> all{
        {"lamina", bench::times([&data, ours] { ours(data.task); }), wrong}};
    suite.add_peers(all, data.task, wrong);
    suite.measure(what, std::move(all));
}

} // namespace

int main(int argc, char** argv) {
    bench::Suite suite("kernels", argc, argv);
    Threads two(2);
    using bench::KernelTask;
    for (int threads : {1, 2}) {
        Threads* const pool = threads > 1 ? &two : nullptr;
        for (std::size_t n : {std::size_t{4000}, std::size_t{1000000}}) {
            if (threads > 1 && n < 100000) continue;
            auto const map = [&](char const* name, auto f) {
                measure(suite, name, 1, n, threads,
                        [=](KernelTask const& t) { kernels::map(pool, t.n, t.y, f, t.x); });
            };
            map(
                "exp", [](auto x) __attribute__((always_inline)) { return kernels::exp(x); });
            map(
                "tanh", [](auto x) __attribute__((always_inline)) { return kernels::tanh(x); });
            map(
                "sigmoid",
                [](auto x) __attribute__((always_inline)) { return kernels::sigmoid(x); });
            map(
                "gelu", [](auto x) __attribute__((always_inline)) { return GELU{}.value(x); });
            auto const identity = [](auto x) __attribute__((always_inline)) { return x; };
            measure(suite, "sum", 1, n, threads,
                    [=](KernelTask const& t) { t.y[0] = kernels::sum(pool, t.n, identity, t.x); });
            measure(suite, "sum_of_squares", 1, n, threads, [=](KernelTask const& t) {
                t.y[0] = float(kernels::sum_of_squares(t.n, t.x, pool));
            });
            measure(suite, "adam", 1, n, threads, [=](KernelTask const& t) {
                Adam{}.step<float>(1, double(adam_rate), [&](auto slots, auto const& f) {
                    kernels::sweep<decltype(slots)::value>(t.n, t.y, t.x, t.more, t.n, 1.0f, f,
                                                           pool);
                });
            });
        }
        auto const softmax = [=](KernelTask const& t) {
            kernels::softmax(t.rows, t.n, t.x, t.y, pool);
        };
        if (threads == 1) measure(suite, "softmax", 128, 10, threads, softmax);
        measure(suite, "softmax", 1000, 1000, threads, softmax);
        if (threads > 1) continue;
        auto const transpose = [](KernelTask const& t) {
            kernels::transpose(t.rows, t.n, t.x, t.n, t.y, t.rows);
        };
        measure(suite, "transpose", 64, 64, threads, transpose);
        measure(suite, "transpose", 100, 37, threads, transpose);
        measure(suite, "transpose", 1000, 1000, threads, transpose);
        auto const gather = [](KernelTask const& t) {
            lamina::detail::gather(reinterpret_cast<std::byte*>(t.y),
                                   reinterpret_cast<std::byte const*>(t.x),
                                   reinterpret_cast<std::uint32_t const*>(t.index), t.rows,
                                   t.n * sizeof(float));
        };
        measure(suite, "gather", 32, 10, threads, gather, 1000);
        measure(suite, "gather", 128, 784, threads, gather, 6400);
    }
    return suite.finish();
}
