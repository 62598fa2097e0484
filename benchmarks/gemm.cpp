// SPDX-License-Identifier: BSD-3-Clause
//
// GFLOP/s of gemm: gemm [threads = 1 and 2] [seconds for each number = 0.1]. With OpenBLAS beside
// it where CMake found it: both in turns in the same run, the first quartile of the samples. The
// shapes are M x K x N of a layer: NN is the forward product x w, TN the gradient x' dy, NT dy w'.

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/gemm.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#ifdef LAMINA_BENCH_OPENBLAS
#include <cblas.h>
#include <unistd.h>
extern "C" char* openblas_get_corename();
extern "C" void openblas_set_num_threads(int);
#endif

namespace {

using lamina::Block;

struct Layer {
    std::size_t m, k, n;
};
constexpr Layer layers[]{
    {16, 16, 16},       {32, 32, 32},      {48, 48, 48},       {64, 64, 64},
    {96, 96, 96},       {128, 128, 128},   {192, 192, 192},    {256, 256, 256},
    {384, 384, 384},    {512, 512, 512},   {768, 768, 768},    {1024, 1024, 1024},
    {2048, 2048, 2048}, {32, 3, 64},       {32, 64, 64},       {32, 64, 1},
    {32, 10, 64},       {128, 784, 512},   {128, 512, 512},    {128, 512, 10},
    {64, 512, 2048},    {256, 1024, 1024}, {1, 512, 512},      {1, 64, 64},
    {8192, 64, 64},     {50176, 27, 64},   {100, 100, 100},    {77, 300, 130}};
constexpr char const* forms[]{"NN", "TN", "NT"};

double now() {
    auto const t = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(t).count();
}

/// Seconds that each of some functions takes: samples in turns, and of each the first quartile.
/// With threads a turn is long and begins with a pause, for OpenBLAS' threads spin after their work
/// and would take the cores from whoever comes next.
template <class... F>
std::vector<double> time(double seconds, bool pause, F const&... f) {
    constexpr int turns = 4;
    (f(), ...);
    std::vector<std::vector<double>> samples(sizeof...(F));
    for (int turn = 0; turn < turns; ++turn) {
        std::size_t which = 0;
        auto const sample = [&](auto const& g) {
            if (pause) std::this_thread::sleep_for(std::chrono::milliseconds(60));
            // until all threads are awake and each has found a core
            double const warm = now() + (pause ? 0.04 : 0.0);
            do g();
            while (now() < warm);
            double const end = now() + seconds / turns;
            do {
                std::size_t count = 0;
                double const start = now();
                double spent = 0;
                do {   // some microseconds at least, so that the clock does not matter
                    g();
                    ++count;
                } while ((spent = now() - start) < 40e-6);
                samples[which].push_back(spent / double(count));
            } while (now() < end);
            ++which;
        };
        (sample(f), ...);
    }
    std::vector<double> quartile;
    for (auto& s : samples) {
        std::sort(s.begin(), s.end());
        quartile.push_back(s[s.size() / 4]);
    }
    return quartile;
}

Block<float> numbers(std::size_t n, std::size_t seed) {
    Block<float> b(n);
    for (std::size_t i = 0; i < n; ++i) b[i] = 2.0f * lamina::Random{seed}.uniform(i) - 1.0f;
    return b;
}

/// GFLOP/s of lamina and, where it is there, of OpenBLAS.
std::vector<double> measure(Layer const& l, int form, double seconds, lamina::Threads& pool,
                            Block<float>& scratch) {
    std::size_t const m = form == 1 ? l.k : l.m, n = form == 2 ? l.k : l.n;
    std::size_t const k = form == 0 ? l.k : form == 1 ? l.m : l.n;
    Block<float> const a = numbers(m * k, 1), b = numbers(k * n, 2);
    Block<float> c(m * n);
    lamina::kernels::Gemm<float> const task{
        .m = m, .n = n, .k = k, .a = a.data(), .lda = form == 1 ? m : k, .transposed_a = form == 1,
        .b = b.data(), .ldb = form == 2 ? k : n, .transposed_b = form == 2, .c = c.data(), .ldc = n,
        .finish = {}};
    auto const lamina_gemm = [&] { lamina::kernels::gemm(task, scratch.data(), &pool); };
#ifdef LAMINA_BENCH_OPENBLAS
    Block<float> other(m * n);
    auto const i = [](std::size_t v) { return static_cast<int>(v); };
    auto const open_blas = [&] {
        cblas_sgemm(CblasRowMajor, form == 1 ? CblasTrans : CblasNoTrans,
                    form == 2 ? CblasTrans : CblasNoTrans, i(m), i(n), i(k), 1.0f, a.data(),
                    i(task.lda), b.data(), i(task.ldb), 0.0f, other.data(), i(n));
    };
    auto result = time(seconds, pool.count() > 1, lamina_gemm, open_blas);
    for (std::size_t j = 0; j < m * n; ++j)
        if (!(std::abs(c[j] - other[j]) <= 1e-5f * float(k + 10))) std::printf("they differ! ");
#else
    auto result = time(seconds, pool.count() > 1, lamina_gemm);
#endif
    for (double& t : result) t = 2e-9 * double(m) * double(n) * double(k) / t;
    return result;
}

} // namespace

int main(int argc, char** argv) {
#ifdef LAMINA_BENCH_OPENBLAS
    // Some environments set these, and OpenBLAS then runs kernels for an older processor.
    if (std::getenv("OPENBLAS_CORETYPE") || std::getenv("OPENBLAS_L2_SIZE")) {
        unsetenv("OPENBLAS_CORETYPE");
        unsetenv("OPENBLAS_L2_SIZE");
        execv("/proc/self/exe", argv);
    }
    std::printf("OpenBLAS runs its kernels for %s\n", openblas_get_corename());
#endif
    std::size_t const only = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
    double const seconds = argc > 2 ? std::strtod(argv[2], nullptr) : 0.1;
    for (std::size_t threads : {std::size_t{1}, std::size_t{2}}) {
        if (only != 0 && threads != only) continue;
        lamina::Threads pool(threads);
        Block<float> scratch(threads * lamina::kernels::gemm_scratch<float>());
#ifdef LAMINA_BENCH_OPENBLAS
        openblas_set_num_threads(static_cast<int>(threads));
#endif
        std::printf("\n%zu threads, GFLOP/s (OpenBLAS, ratio)\n", threads);
        double logarithms = 0, cells = 0;
        for (Layer const& l : layers) {
            std::printf("%5zu x %4zu x %4zu", l.m, l.k, l.n);
            for (int form = 0; form < 3; ++form) {
                auto const r = measure(l, form, seconds, pool, scratch);
                std::printf("   %s %6.1f", forms[form], r[0]);
                if (r.size() > 1) {
                    std::printf(" (%6.1f, %5.2f)", r[1], r[0] / r[1]);
                    logarithms += std::log(r[0] / r[1]);
                    ++cells;
                }
                std::fflush(stdout);
            }
            std::printf("\n");
        }
        if (cells > 0)
            std::printf("geometric mean of the ratios: %.3f\n", std::exp(logarithms / cells));
    }
}
