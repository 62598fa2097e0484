// SPDX-License-Identifier: BSD-3-Clause
// The main of every test executable. A run that executes no test case is a failure: a filter or a
// file that lost its cases must not pass. A run whose cases were all skipped says so (status 77).
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "support/skip.hpp"

#include <cstdio>

namespace {

unsigned cases_run = 0;
unsigned cases_skipped = 0;

struct Counter : doctest::IReporter {
    explicit Counter(doctest::ContextOptions const&) {}
    void report_query(doctest::QueryData const&) override {}
    void test_run_start() override {}
    void test_run_end(doctest::TestRunStats const&) override {}
    void test_case_start(doctest::TestCaseData const&) override { ++cases_run; }
    void test_case_reenter(doctest::TestCaseData const&) override {}
    void test_case_end(doctest::CurrentTestCaseStats const&) override {}
    void test_case_exception(doctest::TestCaseException const&) override {}
    void subcase_start(doctest::SubcaseSignature const&) override {}
    void subcase_end() override {}
    void log_assert(doctest::AssertData const&) override {}
    void log_message(doctest::MessageData const&) override {}
    void test_case_skipped(doctest::TestCaseData const&) override {}
};

REGISTER_LISTENER("counter", 0, Counter);

} // namespace

void lamina::testing::skip(char const* reason) {
    ++cases_skipped;
    std::printf("skipped: %s\n", reason);
}

int main(int argc, char** argv) {
    doctest::Context context(argc, argv);
    int const status = context.run();
    if (context.shouldExit()) {
        return status;
    }
    if (cases_run == 0) {
        std::fprintf(stderr, "no test case ran\n");
        return 1;
    }
    return status == 0 && cases_skipped == cases_run ? 77 : status;
}
