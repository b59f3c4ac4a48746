#include "messages/codecs.hpp"
#include "outreach/model.hpp"
#include "outreach/state.codec.hpp"
#include "runtime/serve.hpp"

int main(int argc, char** argv) { return bridgework::runtime::serve<bridgework::outreach::Model>(argc, argv); }
