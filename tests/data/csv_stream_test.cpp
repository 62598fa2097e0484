// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/csv_stream.hpp>

#include <lamina/data/batches.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

using namespace lamina;

namespace {

struct TemporaryFile {
    std::string path = "lamina_csv_stream_test." + std::to_string(::getpid());
    explicit TemporaryFile(std::string const& text) {
        std::FILE* const file = std::fopen(path.c_str(), "wb");
        REQUIRE(file);
        std::fwrite(text.data(), 1, text.size(), file);
        std::fclose(file);
    }
    ~TemporaryFile() { std::remove(path.c_str()); }
};

/// Rows of every kind: quoted line ends, empty lines, CR LF, now and then a long text.
std::string rows(std::size_t n) {
    std::string text = "\xef\xbb\xbfid,\"a \"\"note\"\"\",label\r\n";
    for (std::size_t i = 0; i < n; ++i) {
        text += std::to_string(i) + ",\"line\nof " + std::to_string(i) + " \"\"q\"\"" +
                std::string(i % 50 == 0 ? 3000 : i % 7, 'x') + "\"," + std::to_string(i % 2) +
                (i % 3 ? "\n" : "\r\n");
        if (i % 11 == 0) text += "\n";
    }
    return text;
}

} // namespace

TEST_CASE("A stream gives the rows that read_csv gives, with their lines") {
    for (bool end : {true, false}) {
        std::string text = rows(1000);
        if (!end) text += "1000,z,0"; // no line end
        TemporaryFile const file(text);
        Table const whole = read_csv(file.path);
        for (std::size_t block : {1024u, 5000u, 1u << 20}) {
            CsvStream stream = stream_csv(file.path, {}, block);
            for (int pass = 0; pass < 2; ++pass) {
                std::size_t row = 0, tables = 0, wrong = 0;
                while (std::optional<Table> const part = stream.next()) {
                    ++tables;
                    for (std::size_t i = 0; i < part->rows(); ++i, ++row) {
                        wrong += part->numbers("id")[i] != whole.numbers("id")[row];
                        wrong += part->texts("a \"note\"")[i] != whole.texts("a \"note\"")[row];
                        wrong += part->where(i, "id") != whole.where(row, "id");
                    }
                }
                CHECK(wrong == 0);
                CHECK(row == whole.rows());
                CHECK((tables > 1) == (block < (1u << 20)));
                CHECK(!stream.next());
                stream.rewind();
            }
        }
    }
}

TEST_CASE("Errors in a stream name the line of the file") {
    TemporaryFile const file(rows(500) + "x,y\n");
    std::string said;
    try {
        CsvStream stream = stream_csv(file.path, {}, 4096);
        while (stream.next()) {
        }
    } catch (Error const& error) {
        said = error.what();
    }
    std::string whole;
    try {
        read_csv(file.path);
    } catch (Error const& error) {
        whole = error.what();
    }
    CHECK(said == whole);
    CHECK(said.ends_with(": 2 values, but line 1 has 3 columns."));
    TemporaryFile const empty("");
    CHECK_THROWS_WITH_AS(stream_csv(empty.path).next(),
                         (empty.path + ": the file is empty.").c_str(), Error);
    CHECK_THROWS_AS(stream_csv("/dev/zero"), Error);
}

TEST_CASE("A stream feeds batches, epoch after epoch") {
    TemporaryFile const file(rows(1000));
    auto b = batches(stream_csv(file.path, {}, 2048).each([](Table table) {
        return std::move(table).drop("a \"note\"").to_dataset();
    }),
                     {.batch_size = 64, .shuffle_buffer = 100});
    for (std::size_t epoch = 0; epoch < 3; ++epoch) {
        b.restart(epoch);
        Batch<float> batch;
        std::size_t n = 0;
        double sum = 0;
        while (b.next(batch)) {
            n += batch.n;
            for (float id : batch.x) sum += double(id);
            for (std::size_t i = 0; i < batch.n; ++i) CHECK(int(batch.x[i]) % 2 == int(batch.y[i]));
        }
        CHECK(n == 1000);
        CHECK(sum == 999 * 500);
    }
}
