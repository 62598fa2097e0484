// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace lamina {

/// The shape of a tensor once its type is gone.
struct Extents {
    std::size_t const* dims = nullptr;
    std::size_t rank = 0, size = 0;

    /// Fan in and fan out as Keras counts them: the last two axes, times the size of the window
    /// before them.
    constexpr std::size_t window() const {
        std::size_t n = 1;
        for (std::size_t i = 0; i + 2 < rank; ++i) n *= dims[i];
        return n;
    }
    constexpr std::size_t fan_in() const { return rank < 2 ? size : window() * dims[rank - 2]; }
    constexpr std::size_t fan_out() const { return rank < 2 ? size : window() * dims[rank - 1]; }

    /// The tensor as a matrix: its last axis, and all others as one.
    constexpr std::size_t columns() const { return rank == 0 ? 1 : dims[rank - 1]; }
    constexpr std::size_t rows() const { return columns() == 0 ? 0 : size / columns(); }
};

// An initializer fills a tensor; it is a type, named where a parameter is declared. Numbers are
// template arguments, whole ones and a common denominator, since not every compiler takes floating
// ones: Constant<1, 10> is 0.1, RandomNormal<0, 5, 100> has the standard deviation 0.05. The bits
// of the weights are the same from every compiler. A `name` is Keras' class, config() tells its
// options: for files.

namespace detail {

template <long Numerator, long Denominator>
inline constexpr double quotient = double(Numerator) / double(Denominator);

} // namespace detail

struct Zeros {
    static constexpr std::string_view name = "Zeros";
    template <class T>
    static void fill(T* w, Extents e, Random) {
        std::fill_n(w, e.size, T{0});
    }
};
struct Ones {
    static constexpr std::string_view name = "Ones";
    template <class T>
    static void fill(T* w, Extents e, Random) {
        std::fill_n(w, e.size, T{1});
    }
};
/// All weights are Numerator / Denominator.
template <long Numerator, long Denominator = 1>
struct Constant {
    static constexpr std::string_view name = "Constant";
    static void config(auto const& out) { out("value", detail::quotient<Numerator, Denominator>); }
    template <class T>
    static void fill(T* w, Extents e, Random) {
        std::fill_n(w, e.size, T(detail::quotient<Numerator, Denominator>));
    }
};

/// Uniform from Low / Denominator to High / Denominator.
template <long Low, long High, long Denominator = 1>
struct RandomUniform {
    static_assert(Low < High && Denominator > 0,
                  "RandomUniform takes Low < High, Denominator > 0.");
    static constexpr std::string_view name = "RandomUniform";
    static void config(auto const& out) {
        out("minval", detail::quotient<Low, Denominator>);
        out("maxval", detail::quotient<High, Denominator>);
    }
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        constexpr double low = detail::quotient<Low, Denominator>;
        // a float times a float is exact: a fused sum has the same bits
        float const width = float(double(High - Low) / double(Denominator));
        for (std::size_t i = 0; i < e.size; ++i)
            w[i] = T(low + double(width) * double(random.uniform(i)));
    }
};
namespace detail {

/// What RandomNormal and TruncatedNormal share.
template <long Mean, long Stddev, long Denominator>
struct NormalInitializer {
    static void config(auto const& out) {
        out("mean", quotient<Mean, Denominator>);
        out("stddev", quotient<Stddev, Denominator>);
    }

protected:
    /// draw(i): of the standard normal distribution, or of what is left of it.
    template <class T>
    static void fill_with(T* w, std::size_t n, auto const& draw) {
        float const stddev = float(quotient<Stddev, Denominator>);
        for (std::size_t i = 0; i < n; ++i)
            w[i] = T(quotient<Mean, Denominator> + double(stddev) * draw(i));
    }
};

} // namespace detail

/// Normal with mean Mean / Denominator and standard deviation Stddev / Denominator.
template <long Mean, long Stddev, long Denominator = 1>
struct RandomNormal : detail::NormalInitializer<Mean, Stddev, Denominator> {
    static_assert(Stddev >= 0 && Denominator > 0,
                  "RandomNormal takes Stddev >= 0, Denominator > 0.");
    static constexpr std::string_view name = "RandomNormal";
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        RandomNormal::fill_with(w, e.size, [&](std::size_t i) { return random.normal(i); });
    }
};
/// The same without what lies more than two standard deviations from the mean; the standard
/// deviation is the one before the cut, as in Keras.
template <long Mean, long Stddev, long Denominator = 1>
struct TruncatedNormal : detail::NormalInitializer<Mean, Stddev, Denominator> {
    static_assert(Stddev >= 0 && Denominator > 0,
                  "TruncatedNormal takes Stddev >= 0, Denominator > 0.");
    static constexpr std::string_view name = "TruncatedNormal";
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        TruncatedNormal::fill_with(w, e.size,
                                   [&](std::size_t i) { return random.truncated_normal(i); });
    }
};

/// What VarianceScaling divides by, and what it draws from.
enum class Fan { in, out, average };
enum class Draw { uniform, normal, truncated_normal };

namespace detail {

/// Mean 0 and variance scale / fan.
template <Draw draw, class T>
void fill_scaled(T* w, Extents e, Random random, Fan fan, double scale) {
    double const in = double(e.fan_in()), out = double(e.fan_out());
    double const count = fan == Fan::in ? in : fan == Fan::out ? out : (in + out) / 2;
    double const variance = scale / std::max(1.0, count);
    if constexpr (draw == Draw::uniform) {
        double const limit = std::sqrt(3.0 * variance);
        for (std::size_t i = 0; i < e.size; ++i)
            w[i] = T((2.0 * double(random.uniform(i)) - 1.0) * limit);
    } else if constexpr (draw == Draw::normal) {
        double const stddev = std::sqrt(variance);
        for (std::size_t i = 0; i < e.size; ++i) w[i] = T(random.normal(i) * stddev);
    } else {
        // a standard normal number cut at 2 has this standard deviation
        double const stddev = std::sqrt(variance) / 0.87962566103423978;
        for (std::size_t i = 0; i < e.size; ++i) w[i] = T(random.truncated_normal(i) * stddev);
    }
}
#ifdef LAMINA_SOURCE
template void fill_scaled<Draw::uniform>(float*, Extents, Random, Fan, double);
template void fill_scaled<Draw::uniform>(double*, Extents, Random, Fan, double);
#elif !LAMINA_BODIES
extern template void fill_scaled<Draw::uniform>(float*, Extents, Random, Fan, double);
extern template void fill_scaled<Draw::uniform>(double*, Extents, Random, Fan, double);
#endif

} // namespace detail

/// Mean 0 and variance (Numerator / Denominator) / fan. Keras' VarianceScaling.
template <Fan fan, Draw draw, long Numerator = 1, long Denominator = 1>
struct VarianceScaling {
    static_assert(Numerator > 0 && Denominator > 0, "VarianceScaling takes a scale above 0.");
    static constexpr std::string_view name = "VarianceScaling";
    static void config(auto const& out) {
        out("scale", detail::quotient<Numerator, Denominator>);
        out("mode", fan == Fan::in ? "fan_in" : fan == Fan::out ? "fan_out" : "fan_avg");
        out("distribution", draw == Draw::uniform  ? "uniform"
                            : draw == Draw::normal ? "untruncated_normal"
                                                   : "truncated_normal");
    }
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        constexpr double scale = detail::quotient<Numerator, Denominator>;
        detail::fill_scaled<draw>(w, e, random, fan, scale);
    }
};

/// Uniform on [-limit, limit), limit = sqrt(6 / (fan_in + fan_out)). Glorot and Bengio (2010).
struct GlorotUniform : VarianceScaling<Fan::average, Draw::uniform> {
    static constexpr std::string_view name = "GlorotUniform";
    static void config(auto const&) {}
};
/// Truncated normal with variance 2 / (fan_in + fan_out). Glorot and Bengio (2010).
struct GlorotNormal : VarianceScaling<Fan::average, Draw::truncated_normal> {
    static constexpr std::string_view name = "GlorotNormal";
    static void config(auto const&) {}
};
/// Uniform on [-limit, limit), limit = sqrt(6 / fan_in). He et al. (2015).
struct HeUniform : VarianceScaling<Fan::in, Draw::uniform, 2> {
    static constexpr std::string_view name = "HeUniform";
    static void config(auto const&) {}
};
/// Truncated normal with variance 2 / fan_in. He et al. (2015).
struct HeNormal : VarianceScaling<Fan::in, Draw::truncated_normal, 2> {
    static constexpr std::string_view name = "HeNormal";
    static void config(auto const&) {}
};
/// Uniform on [-limit, limit), limit = sqrt(3 / fan_in). LeCun et al. (1998).
struct LecunUniform : VarianceScaling<Fan::in, Draw::uniform> {
    static constexpr std::string_view name = "LecunUniform";
    static void config(auto const&) {}
};
/// Truncated normal with variance 1 / fan_in. LeCun et al. (1998); Klambauer et al. (2017).
struct LecunNormal : VarianceScaling<Fan::in, Draw::truncated_normal> {
    static constexpr std::string_view name = "LecunNormal";
    static void config(auto const&) {}
};

/// Numerator / Denominator on the diagonal of the tensor seen as a matrix, zeros elsewhere.
template <long Numerator = 1, long Denominator = 1>
struct Identity {
    static constexpr std::string_view name = "Identity";
    static void config(auto const& out) { out("gain", detail::quotient<Numerator, Denominator>); }
    template <class T>
    static void fill(T* w, Extents e, Random) {
        std::fill_n(w, e.size, T{0});
        for (std::size_t i = 0; i < std::min(e.rows(), e.columns()); ++i)
            w[i * (e.columns() + 1)] = T(detail::quotient<Numerator, Denominator>);
    }
};

/// A random matrix with orthonormal columns (rows, if those are fewer), times the gain
/// Numerator / Denominator; uniformly distributed among them. Saxe et al. (2014).
///
/// Gram-Schmidt on normal vectors, each made orthogonal twice. Its numbers are floats and its sums
/// double, so that every product is exact and no bit depends on the compiler.
template <long Numerator = 1, long Denominator = 1>
struct Orthogonal {
    static constexpr std::string_view name = "Orthogonal";
    static void config(auto const& out) { out("gain", detail::quotient<Numerator, Denominator>); }
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        std::size_t const rows = e.rows(), columns = e.columns();
        std::size_t const count = std::min(rows, columns), length = std::max(rows, columns);
        bool const upright = rows >= columns; // the vectors are the columns
        constexpr double gain = detail::quotient<Numerator, Denominator>;
        Block<float> vectors(e.size);
        for (std::size_t i = 0; i < e.size; ++i) vectors[i] = float(random.normal(i));
        for (std::size_t k = 0; k < count; ++k) {
            float* const v = vectors.data() + k * length;
            for (std::size_t earlier = 0; earlier < 2 * k; ++earlier) {
                float const* const q = vectors.data() + (earlier % k) * length;
                float const part = float(dot(length, q, v));
                for (std::size_t i = 0; i < length; ++i)
                    v[i] = float(double(v[i]) - double(part) * double(q[i]));
            }
            double const norm = std::sqrt(dot(length, v, v));
            for (std::size_t i = 0; i < length; ++i) {
                v[i] = float(double(v[i]) / norm);
                w[upright ? i * columns + k : k * columns + i] = T(gain * double(v[i]));
            }
        }
    }

private:
    /// In eight sums, whose order is fixed.
    static double dot(std::size_t n, float const* a, float const* b) {
        double sums[8]{};
        for (std::size_t i = 0; i < n; i += 8)
            for (std::size_t j = 0; j < std::min<std::size_t>(8, n - i); ++j)
                sums[j] += double(a[i + j]) * double(b[i + j]);
        return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
               ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    }
};

} // namespace lamina
