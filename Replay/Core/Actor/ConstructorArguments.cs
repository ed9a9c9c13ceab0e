using System.Linq.Expressions;
using System.Reflection;

namespace Akka.Actor.Internal;

/// <summary>Evaluates the arguments of a `new T(...)` expression; constants and captured variables without compiling.</summary>
internal static class ConstructorArguments
{
    public static object[] Of(NewExpression construction) => [.. construction.Arguments.Select(Evaluate)!];

    private static object? Evaluate(Expression expression) => expression switch
    {
        ConstantExpression constant => constant.Value,
        MemberExpression { Member: FieldInfo { IsStatic: true } field } => field.GetValue(null),
        MemberExpression { Member: FieldInfo field, Expression: { } owner } => field.GetValue(Evaluate(owner)),
        _ => Expression.Lambda<Func<object?>>(Expression.Convert(expression, typeof(object))).Compile(preferInterpretation: true)(),
    };
}
