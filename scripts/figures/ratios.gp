# Ratios new / base, a row a case: time with its interval (left), peak memory (right). Marks: 0 plain, 1 worse
# (filled triangle), 2 better (open triangle, downwards). A case without numbers is a text.
# data: index 0, a line a case: label y time low high mark memory mark note;  index 1: title
array label[rows]
stats data index 0 using (label[int($0) + 1] = strcol(1), 0) nooutput
stats data index 1 using (title = strcol(1), 0) nooutput
better = '#0072B2'
shape(mark) = mark == 1 ? 9 : mark == 2 ? 10 : 7
set label 1 title at screen sx(0.12),sy(H - 0.13) left font 'Liberation Sans Bold,8'
set label 2 '▲ '.worse_word at screen sx(W - 1.62),sy(H - 0.13) left tc rgb alarm
set label 3 '▽ '.better_word at screen sx(W - 0.8),sy(H - 0.13) left tc rgb better

set multiplot
set tmargin at screen sy(H - 0.3)
set bmargin at screen sy(bottom)
set yrange [rows + 0.6:0.4]
unset ytics
set border 1
set grid xtics lt 1 dt solid lc rgb rule lw 0.5
set errorbars 0.5
set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead lc rgb grey lw 0.8 back

set lmargin at screen sx(time_left)
set rmargin at screen sx(time_right)
if (time_log) { set logscale x }
set xrange [time_min:time_max]
set xtics ()
do for [i = 1:|time_ticks|] { set xtics add (sprintf(time_format, time_ticks[i]) time_ticks[i]) }
set xlabel 'time, '.ratio_word.'; bars: 95 % interval' offset 0,0.4
set object 1 rectangle from first 1 - equivalent, graph 0 to first 1 + equivalent, graph 1 \
    fs solid noborder fc rgb '#F0F0F0' behind
do for [i = 1:rows] { set label 10 + i label[i] at graph -0.02, first i right }
plot for [m = 0:2] data index 0 using 3:($6 == m ? $2 : 1/0):4:5 with xerrorbars pt shape(m) ps (m == 0 ? 0.4 : 0.7) lw 1.2 \
       lc rgb (m == 1 ? alarm : m == 2 ? better : 'black'), \
     data index 0 using (1):2:9 with labels center tc rgb alarm

do for [i = 1:rows] { unset label 10 + i }
do for [i = 1:3] { unset label i }
unset object 1
unset logscale x
set lmargin at screen sx(memory_left)
set rmargin at screen sx(memory_right)
if (memory_log) { set logscale x }
set xrange [memory_min:memory_max]
set xtics ()
do for [i = 1:|memory_ticks|] { set xtics add (sprintf(memory_format, memory_ticks[i]) memory_ticks[i]) }
set xlabel 'peak allocated, '.ratio_word offset 0,0.4
plot for [m = 0:2] data index 0 using 7:($8 == m ? $2 : 1/0) with points pt shape(m) ps (m == 0 ? 0.4 : 0.7) lw 1.2 \
       lc rgb (m == 1 ? alarm : m == 2 ? better : 'black')
unset multiplot
