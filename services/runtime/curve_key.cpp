// curve_key FILE: makes a key pair, keeps it in FILE for its owner alone, and prints the public key, which goes into the lists of
// principals of those who shall know it. curve_key --public FILE prints that of a pair made before.

#include <cstdio>
#include <string>
#include <string_view>

#include "runtime/curve.hpp"

int main(int argc, char** argv) {
  using namespace bridgework::runtime;
  const bool only_public = argc == 3 && std::string_view(argv[1]) == "--public";
  if (argc != 2 && !only_public) {
    std::fputs("curve_key FILE           makes a key pair in FILE and prints its public key\ncurve_key --public FILE  prints it again\n",
               stderr);
    return 2;
  }
  const std::string path = argv[argc - 1];
  const auto complain = [](const std::string& why) {
    std::fprintf(stderr, "curve_key: %s\n", why.c_str());
    return 1;
  };
  if (only_public) {
    const auto keys = read_curve_keys(path);
    if (!keys) return complain(keys.error());
    std::printf("%s\n", keys->public_key.c_str());
    return 0;
  }
  const CurveKeys keys = make_curve_keys();
  if (const auto written = write_curve_keys(path, keys); !written) return complain(written.error());
  std::printf("%s\n", keys.public_key.c_str());
  return 0;
}
