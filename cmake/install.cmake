# SPDX-License-Identifier: BSD-3-Clause
# Headers, CMake package and pkg-config file.
include(CMakePackageConfigHelpers)

set(lamina_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lamina)
set(lamina_package_build ${PROJECT_BINARY_DIR}/package)

install(TARGETS lamina EXPORT lamina-targets FILE_SET HEADERS)
install(EXPORT lamina-targets NAMESPACE lamina:: DESTINATION ${lamina_package_dir})
configure_package_config_file(cmake/lamina-config.cmake.in
    ${lamina_package_build}/lamina-config.cmake
    INSTALL_DESTINATION ${lamina_package_dir}
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR
    NO_SET_AND_CHECK_MACRO)
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(${lamina_package_build}/lamina-config-version.cmake
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
    ${lamina_package_build}/lamina-config.cmake
    ${lamina_package_build}/lamina-config-version.cmake
    cmake/lamina-dependencies.cmake
    cmake/lamina-native.cmake
    cmake/lamina-compiled.cmake
    cmake/lamina-components.cmake
    DESTINATION ${lamina_package_dir})
install(DIRECTORY cmake/components DESTINATION ${lamina_package_dir})

cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR
    BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE lamina_pc_to_include)
configure_file(cmake/lamina.pc.in ${lamina_package_build}/lamina.pc @ONLY)
install(FILES ${lamina_package_build}/lamina.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES include/lamina/source.cpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lamina)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
