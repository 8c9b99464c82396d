"""Charts: finished figures in, drawing, table, sentence and Plotly data out, all from one frame."""

from analytics.charts.ahead import AheadPoint, PastPoint, ahead
from analytics.charts.budgets import BudgetRow, budget_against_actual
from analytics.charts.categories import CategoryRow, where_it_went
from analytics.charts.chart import Chart, Key
from analytics.charts.kpi import Kpi
from analytics.charts.lines import Point, Series, over_time, sparkline
from analytics.charts.months import MonthRow, MonthTotal, in_and_out
from analytics.charts.table import Amount, Badge, Cell, Column, Link, Row, Table

__all__ = [
    "AheadPoint",
    "Amount",
    "Badge",
    "BudgetRow",
    "CategoryRow",
    "Cell",
    "Chart",
    "Column",
    "Key",
    "Kpi",
    "Link",
    "MonthRow",
    "MonthTotal",
    "PastPoint",
    "Point",
    "Row",
    "Series",
    "Table",
    "ahead",
    "budget_against_actual",
    "in_and_out",
    "over_time",
    "sparkline",
    "where_it_went",
]
