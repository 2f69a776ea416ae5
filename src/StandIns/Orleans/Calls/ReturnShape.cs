namespace Orleans.Runtime;

internal enum ReturnShape
{
    Nothing,
    Task,
    TaskOfResult,
    ValueTask,
    ValueTaskOfResult,
    Enumeration,
}
