// Boxes and lines of a figure's labels. Pure; inches.
#pragma once

namespace clipbench::reporters {

struct Spot {
  double x = 0, y = 0;
};

struct Box {
  double left = 0, bottom = 0, right = 0, top = 0;
};

struct Line {
  Spot from, to;
};

Box around(Spot middle, double half_width, double half_height);
Box grown(const Box& box, double by);
double overlap(const Box& a, const Box& b);  ///< area
Spot nearest_in(const Box& box, Spot spot);  ///< the box's point that is nearest to the spot
double distance(Spot a, Spot b);
double distance(const Box& box, Spot spot);  ///< 0 within
double distance(const Line& line, Spot spot);
bool cross(const Line& a, const Line& b);
bool cross(const Line& line, const Box& box);  ///< also where the line ends within

}  // namespace clipbench::reporters
