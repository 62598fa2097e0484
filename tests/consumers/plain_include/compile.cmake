# SPDX-License-Identifier: BSD-3-Clause
# Without any build system: COMPILER with ARGUMENTS makes PROGRAM from SOURCE; then it runs.
# With PREFIX the arguments come from pkg-config.
if(PREFIX)
    file(GLOB_RECURSE pc ${PREFIX}/*/lamina.pc)
    cmake_path(GET pc PARENT_PATH pc)
    set(ENV{PKG_CONFIG_PATH} ${pc}:$ENV{PKG_CONFIG_PATH})
    execute_process(COMMAND ${PKG_CONFIG} --cflags --libs lamina
        OUTPUT_VARIABLE ARGUMENTS OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
separate_arguments(ARGUMENTS)
execute_process(COMMAND ${COMPILER} ${SOURCE} -o ${PROGRAM} ${ARGUMENTS}
    COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${PROGRAM} COMMAND_ERROR_IS_FATAL ANY)
