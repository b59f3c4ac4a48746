#include "lead_intake/model.hpp"
#include "lead_intake/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/serve.hpp"

int main(int argc, char** argv) { return bridgework::runtime::serve<bridgework::lead_intake::Model>(argc, argv); }
