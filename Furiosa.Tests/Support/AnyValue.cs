using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Furiosa.Actors.Grammar;
using Furiosa.Device.Grammar;
using Furiosa.Tests.Device.Grammar;

namespace Furiosa.Tests.Support;

/// <summary>Makes a random value of any protocol type, every field filled, and compares two deeply: so no field can be forgotten.</summary>
internal sealed class AnyValue(Random random)
{
    public object Of(Type type)
    {
        if (type == typeof(int)) return random.Next(3) == 0 ? -random.Next() : random.Next(300);
        if (type == typeof(bool)) return random.Next(2) == 0;
        if (type == typeof(byte)) return (byte)random.Next(256);
        if (type == typeof(ByteGrammar)) return RandomGrammars.Next(random);
        if (type == typeof(long)) return random.NextInt64(long.MinValue, long.MaxValue);
        if (type == typeof(double)) return random.NextDouble();
        if (type == typeof(TimeSpan)) return TimeSpan.FromTicks(random.NextInt64(1L << 50));
        if (type == typeof(float)) return random.Next(5) == 0 ? float.NaN : (float)random.NextDouble();
        if (type == typeof(string)) return string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => "aß€𝄞"[random.Next(3)]));
        if (type.IsEnum) return Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length))!;
        if (type == typeof(ReadOnlyMemory<int>)) return new ReadOnlyMemory<int>((int[])Of(typeof(int[])));
        if (type == typeof(ImmutableSortedDictionary<int, float>)) return Biases().ToImmutableSortedDictionary();
        if (type == typeof(IReadOnlyDictionary<int, float>)) return Biases();
        if (type.IsArray) return Many(type.GetElementType()!);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)) return Many(type.GetGenericArguments()[0]);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>)) return Immutable(type.GetGenericArguments()[0]);
        if (type.IsAbstract) return Of(Pick([.. type.Assembly.GetTypes().Where(other => other.IsSubclassOf(type))]));
        return Record(type);
    }

    /// <summary>The names and values of all that a value is made of.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "null",
        string or int or long or float or double or Enum or bool or byte or TimeSpan => $"{value}",
        ByteGrammar grammar => Describe(grammar.ToProtocol()),
        ReadOnlyMemory<int> memory => Describe(memory.ToArray()),
        IEnumerable many => IsDefault(value) ? "default" : $"[{string.Join(",", many.Cast<object>().Select(Describe))}]",
        _ => $"{value.GetType().Name}{{{string.Join(",", Properties(value.GetType()).Select(p => $"{p.Name}={Describe(p.GetValue(value))}"))}}}",
    };

    private static bool IsDefault(object value) => value.GetType().GetProperty("IsDefault")?.GetValue(value) is true;

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0);

    private object Record(Type type)
    {
        var constructor = type.GetConstructors().Where(c => !IsCopy(c, type)).OrderByDescending(c => c.GetParameters().Length).First();
        var value = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Maybe(parameter.ParameterType, parameter))]);
        foreach (var property in Properties(type).Where(p => p.CanWrite)) property.SetValue(value, Maybe(property.PropertyType, property));
        return value;
    }

    private object? Maybe(Type type, ICustomAttributeProvider where)
    {
        var nullable = Nullable.GetUnderlyingType(type);
        var context = new NullabilityInfoContext();
        var canBeNull = nullable is not null || (!type.IsValueType && (where is ParameterInfo parameter
            ? context.Create(parameter) : context.Create((PropertyInfo)where)).ReadState == NullabilityState.Nullable);
        return canBeNull && random.Next(2) == 0 ? null : Of(nullable ?? type);
    }

    private static bool IsCopy(ConstructorInfo constructor, Type type) =>
        constructor.GetParameters() is [var only] && only.ParameterType == type;

    private Array Many(Type element)
    {
        var array = Array.CreateInstance(element, random.Next(4));
        for (var i = 0; i < array.Length; i++) array.SetValue(Of(element), i);
        return array;
    }

    private object Immutable(Type element)
    {
        var create = typeof(ImmutableArray).GetMethods().Single(m =>
            m.Name == nameof(ImmutableArray.Create) && m.GetParameters() is [{ ParameterType.IsArray: true }]);
        return create.MakeGenericMethod(element).Invoke(null, [Many(element)])!;
    }

    private Dictionary<int, float> Biases() => Enumerable.Range(0, random.Next(3)).ToDictionary(i => i * 7, i => (float)i);

    private Type Pick(Type[] types) => types[random.Next(types.Length)];
}
