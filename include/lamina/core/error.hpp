// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace lamina {

/// The one exception of the library. what() reads "where: what was found, what was expected, what
/// to do": `data.csv:57:3 (column "age"): "4,7" is not a number. ...`. When it is thrown, nothing
/// was changed unless the text says what was.
class Error : public std::runtime_error {
public:
    enum class Kind {
        argument, ///< an argument does not fit: sizes, ranges, options
        data,     ///< a file's or table's content does not fit
        file,     ///< a file cannot be opened, read, written or renamed
        numeric   ///< a number became NaN or infinite
    };

    Error(Kind kind, std::string where, std::string const& message);

    Kind kind() const noexcept { return kind_; }
    /// The call, file position or layer the error is about.
    std::string const& where() const noexcept { return where_; }

private:
    Kind kind_;
    std::string where_;
};

#if LAMINA_BODIES

namespace detail {

[[gnu::cold]] inline std::string error_text(std::string where, std::string const& message) {
    where.append(": ").append(message);
    return where;
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE Error::Error(Kind kind, std::string where, std::string const& message)
    : std::runtime_error(detail::error_text(where, message)), kind_(kind),
      where_(std::move(where)) {}

#endif

} // namespace lamina
