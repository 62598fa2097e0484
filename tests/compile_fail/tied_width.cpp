// expect: tied: the vectors are not as wide as the embedding.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

/// Tokens to vectors and back: what tied() needs.
template <std::size_t Width>
struct Scores {
    template <class In>
    struct On {
        static constexpr bool fits = In::last == Width;
        static void otherwise() {
            static_assert(fits, "tied: the vectors are not as wide as the embedding.");
        }
        using Output = Shape<9>;
        using Parameters = lamina::Parameters<Parameter<"embeddings", Shape<9, Width>, Zeros>>;
        static void forward(auto const& c) {
            for (std::size_t i = 0; i < c.y.size(); ++i) c.y[i] = 0;
        }
        static void backward(auto const&) {}
    };
};
template <std::size_t Width>
struct Vectors {
    using Transposed = Scores<Width>;
    template <class In>
    struct On {
        using Output = Shape<Width>;
        using Parameters = lamina::Parameters<Parameter<"embeddings", Shape<9, Width>, Zeros>>;
        static void forward(auto const& c) {
            for (std::size_t i = 0; i < c.y.size(); ++i) c.y[i] = 0;
        }
        static void backward(auto const&) {}
    };
};

#ifdef SHOULD_FAIL
constexpr std::size_t units = 5;
#else
constexpr std::size_t units = 8;
#endif

int main() {
    auto net = graph<Tokens<6>>([](auto t) {
        auto e = t | Vectors<8>{};
        return e | Dense<units>{} | tied(e);
    });
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
