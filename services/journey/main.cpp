#include "journey/model.hpp"
#include "journey/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/serve.hpp"

int main(int argc, char** argv) { return bridgework::runtime::serve<bridgework::journey::Model>(argc, argv); }
