// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
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
    static void config(auto const& out) { out("value", double(Numerator) / double(Denominator)); }
    template <class T>
    static void fill(T* w, Extents e, Random) {
        std::fill_n(w, e.size, T(double(Numerator) / double(Denominator)));
    }
};

/// Uniform from Low / Denominator to High / Denominator.
template <long Low, long High, long Denominator = 1>
struct RandomUniform {
    static_assert(Low < High && Denominator > 0,
                  "RandomUniform takes Low < High, Denominator > 0.");
    static constexpr std::string_view name = "RandomUniform";
    static void config(auto const& out) {
        out("minval", double(Low) / double(Denominator));
        out("maxval", double(High) / double(Denominator));
    }
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        double const low = double(Low) / double(Denominator);
        // a float times a float is exact: a fused sum has the same bits
        float const width = float(double(High - Low) / double(Denominator));
        for (std::size_t i = 0; i < e.size; ++i)
            w[i] = T(low + double(width) * double(random.uniform(i)));
    }
};
/// Normal with mean Mean / Denominator and standard deviation Stddev / Denominator.
template <long Mean, long Stddev, long Denominator = 1>
struct RandomNormal {
    static_assert(Stddev >= 0 && Denominator > 0,
                  "RandomNormal takes Stddev >= 0, Denominator > 0.");
    static constexpr std::string_view name = "RandomNormal";
    static void config(auto const& out) {
        out("mean", double(Mean) / double(Denominator));
        out("stddev", double(Stddev) / double(Denominator));
    }
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        double const mean = double(Mean) / double(Denominator);
        float const stddev = float(double(Stddev) / double(Denominator));
        for (std::size_t i = 0; i < e.size; ++i) w[i] = T(mean + double(stddev) * random.normal(i));
    }
};
/// The same without what lies more than two standard deviations from the mean; the standard
/// deviation is the one before the cut, as in Keras.
template <long Mean, long Stddev, long Denominator = 1>
struct TruncatedNormal {
    static_assert(Stddev >= 0 && Denominator > 0,
                  "TruncatedNormal takes Stddev >= 0, Denominator > 0.");
    static constexpr std::string_view name = "TruncatedNormal";
    static void config(auto const& out) {
        out("mean", double(Mean) / double(Denominator));
        out("stddev", double(Stddev) / double(Denominator));
    }
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        double const mean = double(Mean) / double(Denominator);
        float const stddev = float(double(Stddev) / double(Denominator));
        for (std::size_t i = 0; i < e.size; ++i)
            w[i] = T(mean + double(stddev) * random.truncated_normal(i));
    }
};

/// What VarianceScaling divides by, and what it draws from.
enum class Fan { in, out, average };
enum class Draw { uniform, normal, truncated_normal };

/// Mean 0 and variance (Numerator / Denominator) / fan. Keras' VarianceScaling.
template <Fan fan, Draw draw, long Numerator = 1, long Denominator = 1>
struct VarianceScaling {
    static_assert(Numerator > 0 && Denominator > 0, "VarianceScaling takes a scale above 0.");
    static constexpr std::string_view name = "VarianceScaling";
    static void config(auto const& out) {
        out("scale", double(Numerator) / double(Denominator));
        out("mode", fan == Fan::in ? "fan_in" : fan == Fan::out ? "fan_out" : "fan_avg");
        out("distribution", draw == Draw::uniform  ? "uniform"
                            : draw == Draw::normal ? "untruncated_normal"
                                                   : "truncated_normal");
    }
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        double const in = double(e.fan_in()), out = double(e.fan_out());
        double const count = fan == Fan::in ? in : fan == Fan::out ? out : (in + out) / 2;
        double const variance = double(Numerator) / double(Denominator) / std::max(1.0, count);
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
    static void config(auto const& out) { out("gain", double(Numerator) / double(Denominator)); }
    template <class T>
    static void fill(T* w, Extents e, Random) {
        std::fill_n(w, e.size, T{0});
        for (std::size_t i = 0; i < std::min(e.rows(), e.columns()); ++i)
            w[i * (e.columns() + 1)] = T(double(Numerator) / double(Denominator));
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
    static void config(auto const& out) { out("gain", double(Numerator) / double(Denominator)); }
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        std::size_t const rows = e.rows(), columns = e.columns();
        std::size_t const count = std::min(rows, columns), length = std::max(rows, columns);
        bool const upright = rows >= columns; // the vectors are the columns
        double const gain = double(Numerator) / double(Denominator);
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
